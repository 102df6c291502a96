import t from 'tap';
import { OrderedMerge } from '../../../src/capture/ordered-merge.js';
import { checkChunk, type PacketInput } from '../../../src/capture/packet-input.js';
import { records } from '../records.js';

const base = 1_800_000_000;
const time = { baseSeconds: base, offsetNs: 0 };
const window = { waitMs: 1_000, bytes: 1 << 20 };

function push(
  merge: OrderedMerge,
  input: PacketInput,
  timesUs: number[],
  nowMs: number,
  done = () => {},
): void {
  const packets = timesUs.map((us) => ({ us: base * 1e6 + us, mark: us }));
  merge.push(input, checkChunk(records(packets), input.time), nowMs, done);
}

/** Times, in microseconds, of what may leave now. */
function leaving(merge: OrderedMerge, nowMs: number): number[] {
  merge.advance(nowMs);
  const times: number[] = [];
  for (let input = merge.next(); input; input = merge.next()) {
    times.push(input.headNs / 1_000);
    merge.shift();
  }
  return times;
}

t.test('nothing waits when every input has something to compare with', async (t) => {
  const merge = new OrderedMerge(window);
  const [a, b] = [merge.open(time), merge.open(time)];
  push(merge, a, [10, 30, 50], 0);
  t.strictSame(leaving(merge, 0), [], 'the other one may still send something earlier');
  push(merge, b, [20, 40], 0);
  t.strictSame(leaving(merge, 0), [10, 20, 30, 40], '50 has to wait for what b sends next');
  merge.end(b);
  t.strictSame(leaving(merge, 0), [50]);
  t.equal(merge.waitingBytes, 0);
});

t.test('a silent input holds the others up for the window and no longer', async (t) => {
  const merge = new OrderedMerge(window);
  const [a] = [merge.open(time), merge.open(time)];
  push(merge, a, [10, 20], 100);
  t.strictSame(leaving(merge, 1_099), []);
  t.strictSame(leaving(merge, 1_100), [10, 20]);
});

t.test('what must come before something that waited long enough goes with it', async (t) => {
  const merge = new OrderedMerge(window);
  const [a, b] = [merge.open(time), merge.open(time)];
  merge.open(time);
  push(merge, a, [50], 0);
  push(merge, b, [40], 900);
  t.strictSame(leaving(merge, 1_000), [40, 50]);
});

t.test('a packet that comes too late is written late, not dropped, and counted', async (t) => {
  const merge = new OrderedMerge(window);
  const [a, b] = [merge.open(time), merge.open(time)];
  push(merge, a, [100, 200], 0);
  t.strictSame(leaving(merge, 1_000), [100, 200]);
  push(merge, b, [150, 160, 300], 1_100);
  t.strictSame(leaving(merge, 2_100), [150, 160, 300]);
  t.equal(merge.late, 2);
});

t.test('more than the window holds leaves without waiting, and inputs wait meanwhile', async (t) => {
  const merge = new OrderedMerge({ waitMs: 1_000, bytes: 2_000 });
  const [a] = [merge.open(time), merge.open(time)];
  let taken = 0;
  for (let i = 0; i < 5; i++) push(merge, a, [i], 0, () => taken++);
  t.ok(taken > 0 && taken < 5, `${taken} of 5 chunks are acknowledged before anything left`);
  const first = leaving(merge, 0);
  t.strictSame(first, [0, 1].slice(0, first.length));
  t.ok(first.length > 0, 'room is made at once');
  t.ok(merge.waitingBytes <= 2_000);
  t.equal(taken, 5, 'then everybody goes on');
});

t.test('clock offsets are taken off before comparing', async (t) => {
  const merge = new OrderedMerge(window);
  const a = merge.open({ baseSeconds: base, offsetNs: 1_000_000 });
  const b = merge.open(time);
  push(merge, a, [1_500], 0);
  push(merge, b, [600], 0);
  merge.flush();
  t.strictSame(leaving(merge, 0), [500, 600]);
});
