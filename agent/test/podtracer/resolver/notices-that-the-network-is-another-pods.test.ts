import t from 'tap';
import type { PodNetwork } from '../../../src/pods/pod-source.js';
import { Resolver } from '../../../src/podtracer/resolver.js';
import { FakeNamespaces } from '../../fakes/fake-namespaces.js';
import { aPod, FakePods } from '../../fakes/fake-pods.js';

const byPid: PodNetwork = {
  sandboxId: 's1',
  ready: true,
  hostNetwork: false,
  sandboxPid: 10,
  containers: [],
};

t.test(
  'a process that ends after it was opened is noticed, though its id and its network are there again',
  async (t) => {
    const namespaces = new FakeNamespaces();
    namespaces.processes.set(10, { inode: 7 });
    const pods = new FakePods(byPid);
    pods.network = (time) => {
      if (time === 1) namespaces.processes.set(10, { inode: 7 });
      return byPid;
    };
    const resolver = new Resolver(pods, namespaces);
    await t.rejects(resolver.resolve(aPod()), {
      name: 'SnoopyError',
      reason: 'gone',
      message: /was replaced/,
    });
    t.equal(namespaces.open.size, 0);
    t.equal(namespaces.held, 0);
  },
);

t.test(
  'a process id that was another’s from the start is noticed because the runtime names another by then',
  async (t) => {
    const namespaces = new FakeNamespaces();
    namespaces.processes.set(10, { inode: 8 });
    const resolver = new Resolver(
      new FakePods((time) => (time === 0 ? byPid : { ...byPid, sandboxPid: 11 })),
      namespaces,
    );
    await t.rejects(resolver.resolve(aPod()), { name: 'SnoopyError', reason: 'gone' });
    t.equal(namespaces.open.size, 0);
  },
);

t.test('verify says when the sandbox stops, is another one, or its path leads elsewhere', async (t) => {
  const network: PodNetwork = {
    sandboxId: 's1',
    ready: true,
    hostNetwork: false,
    path: '/n',
    containers: [],
  };
  const namespaces = new FakeNamespaces();
  namespaces.paths.set('/n', 7);
  const pods = new FakePods(network);
  const resolver = new Resolver(pods, namespaces);
  const target = await resolver.resolve(aPod());
  await resolver.verify(target);
  namespaces.paths.set('/n', 8);
  await t.rejects(resolver.verify(target), { name: 'SnoopyError', reason: 'gone', message: /was replaced/ });
  pods.network = { ...network, ready: false };
  await t.rejects(resolver.verify(target), { name: 'SnoopyError', reason: 'not-ready' });
  pods.network = { ...network, sandboxId: 's2' };
  await t.rejects(resolver.verify(target), { name: 'SnoopyError', reason: 'gone', message: /new sandbox/ });
  pods.network = undefined;
  await t.rejects(resolver.verify(target), { name: 'SnoopyError', reason: 'gone' });
});
