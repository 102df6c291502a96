import t from 'tap';
import { byConnection, sum, tell, whyNot } from '../kernel-rig.js';
import { Python } from '../python.js';
import { twoPods } from '../two-pods.js';

const skip = whyNot();
const BYTES = 200_000;

t.test('where no program can look at sockets, all TCP is counted by its frames', { skip }, async (t) => {
  const { rig, server, client, host } = await twoPods(t, {}, { attach: 'auto', tcp: 'frames' });
  const hosts = [host(4), host(6)];
  const s = new Python(
    server,
    `ls = [serve(h, 80) for h in ${JSON.stringify(hosts)}]\nsay('up')\nfor l in ls:\n    c, _ = l.accept()\n    read(c, ${BYTES}); c.sendall(b'y' * 100); c.close()\nsay('over')\ngo()`,
  );
  await s.next();
  const c = new Python(
    client,
    `for h in ${JSON.stringify(hosts)}:\n    c = tcp(h); c.connect((h, 80)); c.sendall(b'x' * ${BYTES}); read(c, 101); c.close()\n    tcp(h).connect_ex((h, 81))\nsay('over')\ngo()`,
  );
  await c.next();
  await rig.until('the ends', (rows) => rows.filter((row) => row.closed === 'fin').length === 4);
  rig.readAll();
  for (const [pod, side, up, down] of [
    [client, 'peerPort', 'sent', 'received'],
    [server, 'localPort', 'received', 'sent'],
  ] as const) {
    const rows = rig.of(pod).filter((row) => row[side] === 80);
    t.equal(byConnection(rows).length, 2, tell(rows));
    t.equal(sum(rows, up, 'payload'), 2 * BYTES);
    t.equal(sum(rows, down, 'payload'), 200);
    t.equal(rows.filter((row) => row.final && row.outcome === 'established').length, 2);
    const refused = rig.of(pod).filter((row) => row[side] === 81);
    t.equal(refused.filter((row) => row.final && row.outcome === 'refused').length, 2, tell(refused));
  }
  t.notOk(rig.rows.some((row) => row.fromSocket));
  t.same(rig.lost, {});
});
