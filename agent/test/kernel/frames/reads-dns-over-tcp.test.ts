import t from 'tap';
import { sum, tell, whyNot } from '../kernel-rig.js';
import { Python } from '../python.js';
import { twoPods } from '../two-pods.js';

const skip = whyNot();

t.test('DNS over TCP: the questions are read, the connection counts once', { skip }, async (t) => {
  const { rig, server, client, host } = await twoPods(t);
  const s = new Python(
    server,
    `l = serve('${host(4)}', 53)\nsay('up')\nc, _ = l.accept()\nfor i in range(2):\n    n, = struct.unpack('!H', c.recv(2))\n    q = c.recv(n)\n    a = q[:2] + bytes([0x81, 0x83]) + q[4:]\n    c.sendall(struct.pack('!H', len(a)) + a)\nread(c, 1); c.close()\nsay('over')\ngo()`,
  );
  await s.next();
  new Python(
    client,
    `c = tcp('${host(4)}'); c.connect(('${host(4)}', 53))\nfor name in (b'one', b'two'):\n    q = bytes.fromhex('123401000001000000000000') + bytes([3]) + name + bytes([4]) + b'test' + bytes([0, 0, 1, 0, 1])\n    c.sendall(struct.pack('!H', len(q)) + q)\n    read(c, len(q) + 2)\nc.close()\ngo()`,
  );
  await s.next();
  await rig.until('both ends', (rows) => rows.filter((row) => row.closed === 'fin').length === 2);
  for (const [pod, up] of [
    [client, 'sent'],
    [server, 'received'],
  ] as const) {
    const rows = rig.of(pod);
    t.same(
      rows.flatMap((row) => row.dns.map(({ name, rcode }) => `${name} ${rcode}`)).sort(),
      ['one.test 3', 'two.test 3'],
      tell(rows),
    );
    t.equal(sum(rows, up, 'payload'), 2 * (2 + 12 + 10 + 4));
    t.equal(rows.filter((row) => row.opened).length, 1);
    t.equal(rows.filter((row) => row.final && row.outcome === 'established').length, 1);
  }
  t.same(rig.lost, {});
});
