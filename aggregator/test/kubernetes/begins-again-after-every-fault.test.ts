import t from 'tap';
import { KubeError } from '../../src/kubernetes/kube-api.js';
import { listOf, thing } from '../fakes/fake-kube-api.js';
import { until } from '../ingest/link-rig.js';
import { reflectorRig } from './reflector-rig.js';

t.test('a list in pages, then a watch from where it ended', async (t) => {
  const { api, reflector, changes } = reflectorRig(t);
  api.answer = ({ query }) => (query?.continue === 'more' ? listOf('7', ['b']) : listOf('7', ['a'], 'more'));
  reflector.start();
  await until(() => api.watches.length === 1);
  t.strictSame([...reflector.objects.values()], ['a', 'b']);
  t.match(api.watches[0]!.request.query, { resourceVersion: '7', allowWatchBookmarks: 'true' });
  api.watches[0]!.send('ADDED', thing('c', '8'));
  api.watches[0]!.send('DELETED', thing('a', '9'));
  t.strictSame(changes, ['→a', '→b', '→c', 'a→']);
  t.strictSame(reflector.state, { synced: true, problem: '' });
});

t.test('the server goes and comes back: the watch goes on where it was, without a new list', async (t) => {
  const { api, reflector, changes, states } = reflectorRig(t);
  api.answer = () => listOf('7', ['a']);
  reflector.start();
  await until(() => api.watches.length === 1);
  api.watches[0]!.send('BOOKMARK', { metadata: { resourceVersion: '20' } });
  api.refuseWatch = new KubeError(0, 'connect ECONNREFUSED');
  api.watches[0]!.fail(new KubeError(0, 'socket hang up'));
  await until(() => states.at(-1)?.problem === 'connect ECONNREFUSED');
  t.strictSame([...reflector.objects.values()], ['a'], 'what is known stays');
  api.refuseWatch = undefined;
  await until(() => api.watches.length === 2);
  t.match(api.watches[1]!.request.query, { resourceVersion: '20' }, 'from the bookmark');
  api.watches[1]!.send('ADDED', thing('b', '21'));
  t.strictSame(changes, ['→a', '→b']);
  t.equal(states.at(-1)?.problem, '');
  t.equal(api.requests.length, 1);
});

t.test('410: a new list, whose differences are told', async (t) => {
  for (const how of ['as an event', 'as an answer'] as const) {
    const { api, reflector, changes } = reflectorRig(t);
    api.answer = () => listOf('7', ['a', 'b']);
    reflector.start();
    await until(() => api.watches.length === 1);
    api.answer = () => listOf('90', ['b', 'c']);
    const gone = { code: 410, message: 'too old resource version', reason: 'Expired' };
    if (how === 'as an event') api.watches[0]!.send('ERROR', gone);
    else api.watches[0]!.fail(new KubeError(410, gone.message));
    await until(() => api.watches.length === 2);
    t.strictSame(changes, ['→a', '→b', 'b→b', '→c', 'a→'], how);
    t.match(api.watches[1]!.request.query, { resourceVersion: '90' });
  }
});

t.test('a connection on which nothing comes is given up, and the watch goes on', async (t) => {
  const { api, reflector, states } = reflectorRig(t, { silentMs: 300 });
  api.answer = () => listOf('7', ['a']);
  reflector.start();
  await until(() => api.watches.length === 2);
  t.match(states, [{ problem: '' }, { problem: /nothing came for 0.3 s/ }]);
});

t.test('watches that end at once do not become a hot loop', async (t) => {
  const { api, reflector } = reflectorRig(t);
  api.answer = () => listOf('7', ['a']);
  reflector.start();
  const end = Date.now() + 1_500;
  for (let ended = 0; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 5)))
    for (; ended < api.watches.length; ended++) api.watches[ended]!.end();
  t.ok(api.watches.length <= 4, `${api.watches.length} watches in 1.5 s`);
});

t.test('a refusal is told in the server’s words, and asked again', async (t) => {
  const { api, reflector, states } = reflectorRig(t);
  api.answer = () => ({ status: 403, body: { message: 'things is forbidden', reason: 'Forbidden' } });
  reflector.start();
  await until(() => states.length > 0);
  t.strictSame(states, [{ synced: false, problem: 'things is forbidden' }]);
  api.answer = () => listOf('7', ['a']);
  await until(() => reflector.state.synced);
});
