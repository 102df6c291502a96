import t from 'tap';
import { byConnection, sum, whyNot } from '../kernel-rig.js';
import { Python } from '../python.js';
import { twoPods } from '../two-pods.js';

const skip = whyNot();
const CONNECTIONS = 300;

t.test(
  'more connections than the map holds: each is told at its beginning and, whole, at its end',
  { skip },
  async (t) => {
    const { rig, server, client, host } = await twoPods(t, { connections: 64 });
    const s = new Python(
      server,
      `l = serve('${host(4)}', 80)\nsay('up')\ncs = [l.accept()[0] for i in range(${CONNECTIONS})]\nfor c in cs: read(c, 100); c.sendall(b'y' * 200)\nsay('held')\ngo()\nfor c in cs: c.close()\nsay('over')\ngo()`,
    );
    await s.next();
    const c = new Python(
      client,
      `cs = []\nfor i in range(${CONNECTIONS}):\n    c = tcp('${host(4)}')\n    c.connect(('${host(4)}', 80)); cs.append(c)\nfor c in cs: c.sendall(b'x' * 100)\nfor c in cs: read(c, 200)\nsay('held')\ngo()\nfor c in cs: read(c, 1); c.close()\nfor i in range(200): tcp('${host(4)}').connect_ex(('${host(4)}', 81))\nsay('over')\ngo()`,
    );
    await c.next();
    await s.next();
    rig.readAll();
    t.equal(byConnection(rig.of(client)).length, CONNECTIONS, 'all are known while they live');
    t.equal(rig.programs.counts().connections, 64);
    s.tell();
    await s.next();
    c.tell();
    await c.next();
    await new Promise((resolve) => setTimeout(resolve, 200));
    rig.readAll();
    for (const [pod, end, other] of [
      [client, 'sent', 'received'],
      [server, 'received', 'sent'],
    ] as const) {
      const all = byConnection(rig.of(pod)).filter((rows) => rows[0]!.outcome === 'established');
      t.equal(all.length, CONNECTIONS, `${pod.label}: connections, by their ISNs`);
      t.equal(
        all.filter((rows) => rows.filter((row) => row.final && row.opened).length === 1).length,
        CONNECTIONS,
      );
      t.equal(all.filter((rows) => rows.at(-1)!.closed === 'fin').length, CONNECTIONS);
      t.equal(
        all.filter((rows) => sum(rows, end, 'payload') === 100 && sum(rows, other, 'payload') === 200).length,
        CONNECTIONS,
      );
    }
    t.equal(rig.of(client).filter((row) => row.outcome === 'refused').length, 200);
    t.same(rig.lost, {});
  },
);

t.test('a full ring: what is told and what is lost are together what there was', { skip }, async (t) => {
  const { rig, server, client, host } = await twoPods(t, { rowRingBytes: 4_096, frameRingBytes: 4_096 });
  const s = new Python(
    server,
    `l = serve('${host(4)}', 80)\nsay('up')\nwhile 1:\n    c, _ = l.accept()\n    c.close()`,
  );
  await s.next();
  const c = new Python(
    client,
    `for i in range(500):\n    c = tcp('${host(4)}')\n    c.connect(('${host(4)}', 80)); read(c, 1); c.close()\nsay('over')\ngo()`,
  );
  await c.next();
  await new Promise((resolve) => setTimeout(resolve, 100));
  rig.readAll();
  const ends = rig.rows.filter((row) => row.closed === 'fin').length;
  const lost = rig.lost['kernel_ring full records'] ?? 0;
  t.equal(ends + lost, 1_000, `${ends} told, ${lost} lost`);
  t.ok(lost > 0);
});

t.test(
  'more UDP flows than the maps hold: packets told and packets lost are those that were sent',
  { skip },
  async (t) => {
    const { rig, server, client, host } = await twoPods(t, { flows4: 64 });
    const c = new Python(
      client,
      `say('up')\ngo()\nfor i in range(400):\n    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n    for j in range(3): u.sendto(b'x' * 10, ('${host(4)}', 5000))\nsay('sent')\ngo()`,
    );
    server.firewall('-A', 'OUTPUT', '-p', 'icmp', '-j', 'DROP');
    await c.next();
    c.tell();
    await c.next();
    await new Promise((resolve) => setTimeout(resolve, 100));
    rig.readAll();
    const told = rig.rows
      .filter((row) => row.protocol === 'udp')
      .reduce((n, row) => n + row.sent.packets + row.received.packets, 0);
    const lost = rig.lost['kernel_map full packets'] ?? 0;
    t.equal(told + lost, 2_400, `${told} told, ${lost} lost`);
    t.ok(lost > 0);
  },
);
