import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { type EarlyFlows, EarlyPods } from '../../../src/kernel/early-pods.js';
import { HeldRows } from '../../../src/kernel/held-rows.js';
import type { Attached, NamespaceVisits } from '../../../src/kernel/node-kernel.js';

const eth0 = { index: 2, name: 'eth0', up: true, loopback: false, link: 'ether', mtu: 1_500, addresses: [] };
const lo = { ...eth0, index: 1, name: 'lo', loopback: true, link: 'loopback' };

/** Namespaces whose interface comes at the second look, and whose attaching takes a moment. */
function world() {
  const said: string[] = [];
  let looks = 0;
  const visits = {
    meet: async (path: string) => (path.endsWith('none') ? undefined : { inode: 7, cookie: 70n }),
    interfacesAt: async () => (++looks > 1 ? [lo, eth0] : [lo]),
    attachAt: async (_place: unknown, name: string): Promise<Attached> => {
      said.push(`attach ${name}`);
      await sleep(30);
      return { cookie: 70n, links: [11, 12], mark: '', index: 0 };
    },
    release: async (_place: unknown, { links }: Attached) => void said.push(`release ${links}`),
  } as unknown as NamespaceVisits;
  const flows: EarlyFlows = {
    openEarly: () => {
      said.push('open');
      return 1;
    },
    nameEarly: (number, { name }, interfaces) =>
      void said.push(`name ${number} ${name} ${interfaces.length}`),
    closeEarly: (number) => void said.push(`close ${number}`),
  };
  return { said, early: new EarlyPods(flows, visits, () => performance.now()) };
}
const pod = { uid: 'u', namespace: 'shop', name: 'web' };

t.test('a namespace is attached to, named, and its links go to the tap that asks, once', async (t) => {
  const { said, early } = world();
  t.teardown(() => early.close());
  early.appeared('/run/netns/a');
  while (!said.includes('attach eth0')) await sleep(5);
  early.claim('/run/netns/a', pod);
  early.claim('/run/netns/a', { ...pod, name: 'other' });
  const attached = await early.take(7, 'eth0');
  t.same(attached?.links, [11, 12], 'it waited until they were there');
  t.equal(await early.take(7, 'eth0'), undefined);
  t.equal(await early.take(8, 'eth0'), undefined);
  t.same(said, ['open', 'attach eth0', 'name 1 web 2']);
  early.gone('/run/netns/a');
  t.same(said.slice(3), ['close 1'], 'the links are the tap’s now');
});

t.test('what no watched pod has is let go, also while it is being attached to', async (t) => {
  const { said, early } = world();
  t.teardown(() => early.close());
  early.appeared('/run/netns/none');
  early.appeared('/run/netns/a');
  while (!said.includes('attach eth0')) await sleep(5);
  early.dismiss('/run/netns/a');
  t.same(said, ['open', 'attach eth0', 'close 1']);
  while (said.length < 4) await sleep(5);
  t.same(said[3], 'release 11,12');
  early.claim('/run/netns/a', pod);
  t.equal(said.length, 4, 'too late');
});

t.test('rows are held in order, within bounds, and for those alone who wait for a name', async (t) => {
  const held = new HeldRows();
  const view = new DataView(new ArrayBuffer(300_000));
  held.hold(1, 'flow', view, 0, 100);
  held.open(1);
  for (let i = 0; i < 5; i++) {
    view.setUint32(1_000, i);
    held.hold(1, 'socket', view, 1_000, 250_000);
  }
  t.equal(held.lost, 1);
  t.same(
    held.take(1).map((row) => row.view.getUint32(0)),
    [0, 1, 2, 3],
  );
  held.hold(1, 'socket', view, 0, 100);
  t.same(held.take(1), []);
  held.open(2);
  held.hold(2, 'frame', view, 0, 250_000);
  t.equal(held.take(2).length, 1, 'the space was given back');
});
