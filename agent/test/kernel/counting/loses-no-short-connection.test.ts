import t from 'tap';
import { byConnection, sum, whyNot } from '../kernel-rig.js';
import { Python } from '../python.js';
import { twoPods } from '../two-pods.js';

const skip = whyNot();
const CONNECTIONS = 10_000;

t.test(
  '10,000 short connections are 10,000, each with its outcome, its end and its bytes',
  { skip },
  async (t) => {
    const { rig, server, client, host } = await twoPods(t);
    const s = new Python(
      server,
      `l = serve('${host(4)}', 80, 4096)\nsay('up')\nwhile 1:\n    c, _ = l.accept()\n    n = read(c, 100)\n    c.sendall(b'y' * 200)\n    c.close()`,
    );
    await s.next();
    const c = new Python(
      client,
      `for i in range(${CONNECTIONS}):\n    c = dial('${host(4)}', 80) if i % 10 else tcp('${host(4)}')\n    if not i % 10: c.connect_ex(('${host(4)}', 81))\n    if i % 10:\n        c.sendall(b'x' * 100)\n        read(c, 201)\n    c.close()\nsay('done')\ngo()`,
    );
    let done = false;
    void c.next().then(() => {
      done = true;
    });
    await rig.until('all are made', () => done, 40);
    await new Promise((resolve) => setTimeout(resolve, 300));
    rig.readAll();
    // Of a million ends the kernel hides a few from every program (sockets.bpf.c); those are counted.
    const missed = rig.lost['kernel_program missed records'] ?? 0;
    delete rig.lost['kernel_program missed records'];
    const but = (found: number, expected: number, what: string): void => {
      t.ok(
        found <= expected && found + missed >= expected,
        `${what}: ${found} of ${expected}, ${missed} missed`,
      );
    };
    for (const [pod, end] of [
      [client, 'sent'],
      [server, 'received'],
    ] as const) {
      const all = byConnection(rig.of(pod));
      const established = all.filter((rows) => rows[0]!.outcome === 'established');
      const refused = all.filter((rows) => rows[0]!.outcome === 'refused');
      t.equal(established.length, CONNECTIONS * 0.9, `${pod.label}: established`);
      t.equal(refused.length, CONNECTIONS / 10, `${pod.label}: refused`);
      t.equal(
        all.filter((rows) => rows.filter((row) => row.final).length === 1).length,
        CONNECTIONS,
        'one outcome each',
      );
      t.equal(
        all.filter((rows) => rows.filter((row) => row.opened).length === 1).length,
        CONNECTIONS,
        'told as new once',
      );
      const other = end === 'sent' ? 'received' : 'sent';
      const holds = (what: string, of: (rows: (typeof all)[number]) => boolean): void =>
        but(established.filter(of).length, CONNECTIONS * 0.9, what);
      holds('ends', (rows) => rows.filter((row) => row.closed === 'fin').length === 1);
      holds('requests', (rows) => sum(rows, end, 'payload') === 100);
      holds('answers', (rows) => sum(rows, other, 'payload') === 200);
    }
    t.same(rig.lost, {});
    t.equal(rig.programs.counts().connections, 0, 'nothing is remembered');
  },
);
