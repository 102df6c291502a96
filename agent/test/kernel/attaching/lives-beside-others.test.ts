import t from 'tap';
import { KernelRig, sum, tell, whyNot } from '../kernel-rig.js';
import { Python } from '../python.js';
import { twoPods } from '../two-pods.js';

const skip = whyNot();

t.test(
  'three sets of programs on one interface: each counts everything, whichever ends first',
  { skip },
  async (t) => {
    const { rig, server, client, host } = await twoPods(t);
    const second = new KernelRig(t);
    for (const pod of [server, client]) await second.watch(pod);
    const third = new KernelRig(t);
    for (const pod of [server, client]) await third.watch(pod);
    const s = new Python(
      server,
      `l = serve('${host(4)}', 80)\nu = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(('${host(4)}', 5000))\nsay('up')\nwhile 1:\n    c, _ = l.accept()\n    read(c, 1000); c.close()`,
    );
    await s.next();
    const c = new Python(
      client,
      `u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\nwhile 1:\n    go()\n    c = tcp('${host(4)}')\n    c.connect(('${host(4)}', 80)); c.sendall(b'x' * 1000); read(c, 1); c.close()\n    for i in range(10): u.sendto(b'x' * 10, ('${host(4)}', 5000))\n    say('done')`,
    );
    const talk = async (): Promise<void> => {
      c.tell();
      await c.next();
      await new Promise((resolve) => setTimeout(resolve, 100));
    };
    await talk();
    rig.flows.close();
    await talk();
    third.readAll();
    third.flows.close();
    await talk();
    second.readAll();
    const check = (one: KernelRig, times: number, what: string): void => {
      for (const [pod, end] of [
        [client, 'sent'],
        [server, 'received'],
      ] as const) {
        t.equal(
          sum(one.of(pod), end, 'payload'),
          1_000 * times,
          `${what}: TCP of ${pod.label}\n${tell(one.rows)}`,
        );
        t.equal(sum(one.of(pod, 'udp'), end, 'packets'), 10 * times, `${what}: UDP of ${pod.label}`);
      }
      t.same(one.lost, {});
    };
    check(third, 2, 'the last that was attached');
    check(second, 3, 'the one in the middle');
  },
);

t.test('its own links are in no row', { skip }, async (t) => {
  const { rig, server, client, host } = await twoPods(t);
  const address = Uint8Array.from(host(4).split('.').map(Number));
  const any = new Uint8Array(4);
  rig.flows.setExcluded([{ address: any, port: 0, peerAddress: address, peerPort: 80 }]);
  const s = new Python(
    server,
    `ls = [serve('${host(4)}', p) for p in (80, 81)]\nsay('up')\nfor l in ls: c, _ = l.accept(); read(c, 10); c.close()\nsay('over')\ngo()`,
  );
  await s.next();
  new Python(
    client,
    `for p in (80, 81):\n    c = tcp('${host(4)}'); c.connect(('${host(4)}', p)); c.sendall(b'x' * 10); read(c, 1); c.close()\ngo()`,
  );
  await s.next();
  await rig.until('the other connection', () => rig.rows.filter((row) => row.closed === 'fin').length === 2);
  t.same(
    [
      ...new Set(
        rig.rows.filter((r) => r.protocol === 'tcp').map((row) => Math.min(row.localPort, row.peerPort)),
      ),
    ],
    [81],
  );
});
