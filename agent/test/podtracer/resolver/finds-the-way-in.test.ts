import t from 'tap';
import type { PodNetwork } from '../../../src/pods/pod-source.js';
import { Resolver } from '../../../src/podtracer/resolver.js';
import { FakeNamespaces } from '../../fakes/fake-namespaces.js';
import { aPod, FakePods } from '../../fakes/fake-pods.js';

const network: PodNetwork = {
  sandboxId: 's1',
  ready: true,
  hostNetwork: false,
  path: '/run/netns/x',
  sandboxPid: 10,
  containers: [{ id: 'c1', name: 'main', pid: 20 }],
};

const setUp = (more: Partial<PodNetwork> = {}) => {
  const namespaces = new FakeNamespaces();
  namespaces.paths.set('/run/netns/x', 7);
  namespaces.processes.set(10, { inode: 7 });
  namespaces.processes.set(20, { inode: 7 });
  const pods = new FakePods({ ...network, ...more });
  return { namespaces, pods, resolver: new Resolver(pods, namespaces) };
};

t.test('the path comes first, then the sandbox’s process, then any container’s', async (t) => {
  const { namespaces, resolver } = setUp();
  const via = async () => (await resolver.resolve(aPod())).via;
  t.equal(await via(), 'sandbox-path');
  namespaces.paths.clear();
  t.equal(await via(), 'sandbox-pid');
  namespaces.processes.delete(10);
  t.equal(await via(), 'container-pid');
  namespaces.processes.delete(20);
  await t.rejects(resolver.resolve(aPod()), {
    name: 'SnoopyError',
    reason: 'no-network',
    message: /no path and no process/,
  });
  t.equal(namespaces.open.size, 3, 'a target stays open');
  t.equal(namespaces.held, 2, 'and its process is held');
});

t.test('a target is closed once, however often it is asked', async (t) => {
  const { namespaces, resolver } = setUp();
  const target = await resolver.resolve(aPod());
  target.close();
  target.close();
  t.equal(namespaces.open.size, 0);
});

const refused: readonly (readonly [string, Partial<PodNetwork>, RegExp])[] = [
  ['not-ready', { ready: false }, /does not run/],
  ['host-network', { hostNetwork: true }, /shares the node's network/],
];
for (const [reason, more, message] of refused) {
  t.test(`a pod is refused with the reason ${reason}`, async (t) => {
    const { namespaces, resolver } = setUp(more);
    await t.rejects(resolver.resolve(aPod()), { name: 'SnoopyError', reason, message });
    t.equal(namespaces.open.size, 0);
  });
}

t.test('a pod on the node’s network is entered when that is asked for', async (t) => {
  const { namespaces, resolver } = setUp({ hostNetwork: true });
  namespaces.paths.clear();
  namespaces.nodeInode = 7;
  t.equal((await resolver.resolve(aPod(), { allowHostNetwork: true })).via, 'sandbox-pid');
});

t.test(
  'what leads to the node’s own network, though the pod has its own, is refused and closed',
  async (t) => {
    const { namespaces, resolver } = setUp();
    namespaces.nodeInode = 7;
    await t.rejects(resolver.resolve(aPod()), { name: 'SnoopyError', reason: 'bad-namespace' });
    t.equal(namespaces.open.size, 0);
  },
);

t.test('missing rights and files that are no namespaces have their own words', async (t) => {
  const { namespaces, resolver } = setUp({ containers: [] });
  namespaces.processes.clear();
  namespaces.paths.set('/run/netns/x', 'not-permitted');
  await t.rejects(resolver.resolve(aPod()), {
    name: 'SnoopyError',
    reason: 'not-permitted',
    message: /SYS_ADMIN/,
  });
  namespaces.processes.set(10, { inode: 'not-permitted' });
  await t.rejects(resolver.resolve(aPod()), { name: 'SnoopyError', reason: 'not-permitted' });
  t.equal(namespaces.held, 0);
  namespaces.processes.clear();
  namespaces.paths.set('/run/netns/x', 'not-a-namespace');
  await t.rejects(resolver.resolve(aPod()), { name: 'SnoopyError', reason: 'bad-namespace' });
});

t.test('a container that does not run is refused with those that do', async (t) => {
  const { resolver } = setUp();
  const message = /no running container "side"; running: main/;
  await t.rejects(resolver.resolve(aPod(), { container: 'side' }), {
    name: 'SnoopyError',
    reason: 'no-container',
    message,
  });
  t.equal((await resolver.resolve(aPod(), { container: 'main' })).via, 'sandbox-path');
});

t.test('a pod that is gone is said to be', async (t) => {
  const { pods, resolver } = setUp();
  pods.network = undefined;
  await t.rejects(resolver.resolve(aPod()), { name: 'SnoopyError', reason: 'gone', code: 'NOT_FOUND' });
});
