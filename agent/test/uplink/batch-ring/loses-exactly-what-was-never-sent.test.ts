import t from 'tap';
import { type Batch, BatchRing } from '../../../src/uplink/batch-ring.js';

function batch(first: number, rows = 10, bytes = 1_000): Batch {
  return { first, rows, bytes: Buffer.alloc(bytes), lost: [] };
}

/** Rows that were made = delivered + queued + lost. */
function adds(ring: BatchRing, made: number): boolean {
  return ring.delivered + ring.rows + ring.lost === made;
}

t.test('the oldest batch that was never sent goes; what was sent stays', async (t) => {
  const lost: number[] = [];
  const ring = new BatchRing(5_200, (one) => lost.push(one.first));
  for (let i = 0; i < 4; i++) ring.append(batch(i * 10));
  ring.next();
  ring.next();
  ring.append(batch(40));
  t.same(lost, [20]);
  ring.append(batch(50));
  t.same(lost, [20, 30]);
  t.ok(adds(ring, 60));
  ring.rewind();
  t.same([ring.next()!.first, ring.next()!.first, ring.next()!.first], [0, 10, 40]);
});

t.test('with everything sent the new one goes', async (t) => {
  const lost: number[] = [];
  const ring = new BatchRing(2_600, (one) => lost.push(one.first));
  ring.append(batch(0));
  ring.append(batch(10));
  ring.next();
  ring.next();
  ring.append(batch(20));
  t.same(lost, [20]);
  t.notOk(ring.hasNext);
  t.ok(adds(ring, 30));
});

t.test('one larger than the ring goes too', async (t) => {
  const ring = new BatchRing(1_000, () => {});
  ring.append(batch(0, 5, 2_000));
  t.equal(ring.lost, 5);
  t.equal(ring.bytes, 0);
});

t.test('acknowledgements free whole batches that were sent, and only those', async (t) => {
  const ring = new BatchRing(100_000, () => {});
  for (let i = 0; i < 3; i++) ring.append(batch(i * 10));
  ring.next();
  ring.next();
  ring.acknowledge(15);
  t.equal(ring.delivered, 10);
  ring.acknowledge(9_999);
  t.equal(ring.delivered, 20);
  t.equal(ring.oldest, 20);
  t.equal(ring.next()!.first, 20);
  ring.acknowledge(30);
  t.equal(ring.bytes, 0);
  t.equal(ring.rows, 0);
});

t.test('after any history the rows add up and the bound holds', async (t) => {
  let seed = 42;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  const ring = new BatchRing(20_000, () => {});
  let made = 0;
  let sent = 0;
  for (let step = 0; step < 20_000; step++) {
    const what = random(10);
    if (what < 5) {
      const rows = random(50);
      ring.append(batch(made, rows, 20 + rows * 30));
      made += rows;
    } else if (what < 8) {
      const next = ring.next();
      if (next) sent = Math.max(sent, next.first + next.rows);
    } else if (what === 8) ring.acknowledge(random(sent + 1));
    else if (random(10) === 0) ring.rewind();
    if (!adds(ring, made) || ring.bytes > 20_000) t.fail(`step ${step}`);
  }
  t.ok(ring.lost > 0 && ring.delivered > 0);
});
