import t from 'tap';
import { whyNot } from '../kernel-rig.js';
import { Python } from '../python.js';
import { twoPods } from '../two-pods.js';

const skip = whyNot();

t.test('who waits for the rings is called when a record comes, and else in time', { skip }, async (t) => {
  const { rig, server, client, host } = await twoPods(t);
  const { bell } = rig.programs;
  const waited = (ms: number): Promise<number> => {
    const start = performance.now();
    return new Promise((resolve) => bell.wait(ms, () => resolve(performance.now() - start)));
  };
  const answers = new Python(
    server,
    `l = serve('${host(4)}', 80)\nsay('up')\nwhile 1:\n    c, _ = l.accept(); c.close()`,
  );
  await answers.next();
  const asks = new Python(
    client,
    `while 1:\n    go()\n    c = tcp('${host(4)}'); c.connect(('${host(4)}', 80)); read(c, 1); c.close()`,
  );
  let idle = 0;
  for (let tries = 0; idle < 45 && tries < 200; tries++) {
    rig.poll(); // neighbour discovery goes on for some seconds
    idle = await waited(50);
  }
  t.ok(idle >= 45, `nothing came: ${idle} ms`);
  for (let turn = 0; turn < 3; turn++) {
    const ms = waited(60_000);
    asks.tell();
    t.ok((await ms) < 30_000, 'a connection');
    const before = rig.rows.length;
    await rig.until('it is told', (rows) => rows.slice(before).some(({ closed }) => closed !== 'none'));
    await rig.until(
      'so is the other end',
      (rows) => rows.filter(({ closed }) => closed !== 'none').length >= 2 * turn + 2,
    );
  }
  const last = waited(60_000);
  rig.flows.close();
  t.ok((await last) < 30_000, 'its end calls whoever waits');
  asks.tell();
});
