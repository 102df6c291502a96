import t from 'tap';
import { Selections } from '../../src/kubernetes/selections.js';
import { ClusterWorld } from './cluster-world.js';

type Sent = { selection?: { selected: string[]; others: string[] } };

t.test('an agent is told what changes, and everything when it comes back', (t) => {
  const world = new ClusterWorld();
  const sent: Sent[] = [];
  const outlet = () => ({ send: (message: Sent) => void sent.push(message) });
  const session = { agent: 'node-a', control: outlet(), selector: 'app=web', namespaces: ['shop'] };
  const selections = new Selections(world.cluster, () => [session] as never);
  world.pod('web', { labels: { app: 'web' } });
  world.pod('db', { labels: { app: 'db' } });
  world.pod('far', { labels: { app: 'web' }, node: 'node-b' });
  world.pod('other', { labels: { app: 'web' }, namespace: 'mail' });
  selections.tick();
  t.equal(sent.length, 0, 'not before the whole list is known');
  selections.ready = true;
  selections.tick();
  t.strictSame(sent.pop()?.selection, { selected: ['uid-web'], others: ['uid-db', 'uid-other'] });
  world.pod('web', { labels: { app: 'web', version: '2' } });
  selections.tick();
  t.equal(sent.length, 0, 'a label that does not matter');
  world.pod('web', { labels: { app: 'gone' } });
  world.pod('db', { labels: { app: 'web' } });
  selections.tick();
  t.strictSame(sent.pop()?.selection, { selected: ['uid-db'], others: ['uid-other', 'uid-web'] });
  session.control = outlet();
  selections.tick();
  t.strictSame(sent.length, 1, 'a new session');
  world.gone('db');
  selections.tick();
  t.strictSame(sent.pop()?.selection?.selected, []);
  t.end();
});
