import t from 'tap';
import { FlowTable } from '../../../src/flow/flow-table.js';
import { MIN_TABLE_BYTES } from '../../../src/flow/memory-plan.js';
import { FlowRig, udp } from '../flow-rig.js';
import type { Row } from '../rows.js';

t.test('memory decides how many flows fit', async (t) => {
  const capacity = (memoryBytes: number): number => new FlowTable({ memoryBytes, seed: 1 }).capacity;
  t.ok(capacity(48 << 20) > 150_000, 'the default');
  t.ok(capacity(48 << 20) * 264 < 48 << 20);
  t.ok(capacity(MIN_TABLE_BYTES) > 1_000);
  t.throws(() => capacity(MIN_TABLE_BYTES - 1), RangeError);
  t.throws(() => capacity(Number.NaN), RangeError);
});

function fill(rig: FlowRig, count: number, from = 0): void {
  for (let i = from; i < from + count; i++)
    rig.feed(udp(true, { localPort: 1 + (i % 60_000), peerPort: 1 + Math.floor(i / 60_000) }));
}

t.test('the longest idle flows make room, and say so with a last row', async (t) => {
  const rig = new FlowRig(2 << 20);
  const { capacity, counters } = rig.table;
  rig
    .connect({ localPort: 65_000 })
    .send({ flags: 'PA', seq: 1_001, ack: 5_001, payload: 10, localPort: 65_000 });
  rig.drain();
  const rows: Row[] = [];
  for (let i = 0; i < capacity * 3; i += 50) {
    fill(rig, 50, i);
    rig.wait(100);
    rows.push(...rig.drain());
  }
  const ours = rows.filter((row) => row.localPort === 65_000);
  t.match(
    ours.map((row) => [row.reason, row.sent.payload, row.outcome, row.closed]),
    [['full', 0, 'established', 'none']],
    'its last row says that it is over',
  );
  t.equal(counters.lostPackets, 0);
  t.ok(counters.flowsEvicted > capacity);
  t.ok(rig.table.live <= capacity);
});

t.test('a flood drives out nothing that works: what has no room is counted as lost', async (t) => {
  const rig = new FlowRig(2 << 20);
  const { capacity, counters } = rig.table;
  rig.connect({ localPort: 65_000 });
  fill(rig, capacity * 2);
  t.equal(rig.table.live, capacity);
  t.equal(counters.lostPackets, capacity + 1);
  t.equal(counters.lostBytes, (capacity + 1) * 64);
  t.equal(counters.flowsEvicted, 0);
  rig.send({ flags: 'PA', seq: 1_001, ack: 5_001, payload: 10, localPort: 65_000 });
  t.equal(counters.lostPackets, capacity + 1, 'the old connection still has its place');
  rig.drain();
  rig.wait(1_500);
  fill(rig, 100, capacity * 3);
  rig.drain();
  fill(rig, 100, capacity * 4);
  t.ok(counters.flowsEvicted > 0, 'later there is room again');
  t.equal(counters.lostPackets, capacity + 1);
});
