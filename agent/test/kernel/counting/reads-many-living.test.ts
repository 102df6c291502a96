import t from 'tap';
import { byConnection, sum, whyNot } from '../kernel-rig.js';
import { Python } from '../python.js';
import { twoPods } from '../two-pods.js';

const skip = whyNot();
const CONNECTIONS = 3_000;

t.test(
  'thousands of living connections and flows, read in slices: every one in each window, every byte',
  { skip },
  async (t) => {
    const { rig, server, client, host } = await twoPods(t);
    client.sysctl('net.ipv4.ip_local_port_range', '10000 65000');
    server.firewall('-A', 'OUTPUT', '-p', 'icmp', '-j', 'DROP');
    const s = new Python(
      server,
      `l = serve('${host(4)}', 80, 4096)\nsay('up')\ncs = [l.accept()[0] for i in range(${CONNECTIONS})]\nwhile 1:\n    go()\n    for c in cs: read(c, 10)\n    say('read')`,
    );
    await s.next();
    const c = new Python(
      client,
      `cs = []\nfor i in range(${CONNECTIONS}):\n    c = tcp('${host(4)}'); c.connect(('${host(4)}', 80)); cs.append(c)\nu = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\nsay('held')\nwhile 1:\n    go()\n    for c in cs: c.sendall(b'x' * 10)\n    for i in range(2000): u.sendto(b'y', ('${host(4)}', 5000 + i))\n    say('sent')`,
    );
    await c.next();
    await new Promise((resolve) => setTimeout(resolve, 700));
    rig.readAll();
    for (let round = 0; round < 3; round++) {
      rig.rows.length = 0;
      for (const one of [c, s]) one.tell();
      await Promise.all([c.next(), s.next()]);
      await new Promise((resolve) => setTimeout(resolve, 700));
      rig.readAll();
      for (const [pod, end] of [
        [client, 'sent'],
        [server, 'received'],
      ] as const) {
        t.equal(byConnection(rig.of(pod)).length, CONNECTIONS, `${pod.label}: connections`);
        t.equal(sum(rig.of(pod), end, 'payload'), 10 * CONNECTIONS, 'bytes');
        t.equal(sum(rig.of(pod, 'udp'), end, 'packets'), 2_000, 'datagrams');
      }
    }
    t.same(rig.lost, {});
  },
);
