import t from 'tap';
import { LossLedger } from '../../../src/loss/loss-ledger.js';
import { FanOut } from '../../../src/observe/fan-out.js';
import { FlowRing } from '../../../src/observe/flow-ring.js';
import { FakeClock } from '../../fakes/clock.js';
import { makeFlow } from '../../fakes/flow.js';
import { FakeOutlet } from '../../fakes/outlet.js';
import { makeFilter, makeQuery } from '../../fakes/query.js';
import { turns } from '../../fakes/turns.js';

const KEPT = 1_024;

function setUp() {
  const ledger = new LossLedger();
  const fanOut = new FanOut(new FlowRing(KEPT), ledger, new FakeClock());
  let taken = 0;
  const take = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) fanOut.ring.take(makeFlow({ sourcePort: taken++ % 60_000 }));
    fanOut.tick();
    await turns();
  };
  const follow = (outlet: FakeOutlet, include = [makeFilter()]): FakeOutlet => {
    fanOut.subscribe(makeQuery({ follow: true, include }), outlet);
    return outlet;
  };
  return { ledger, fanOut, take, follow };
}

t.test('read + lost = taken, at the end of any stalls, and order is kept', async (t) => {
  const { ledger, fanOut, take, follow } = setUp();
  const outlet = follow(new FakeOutlet());
  let taken = 0;
  for (const [stuck, flows] of [
    [false, 300],
    [true, 100],
    [true, 5_000],
    [false, 10],
    [true, 2_000],
    [true, 900],
    [false, 1],
  ] as const) {
    if (stuck) outlet.stuck = true;
    else outlet.release();
    await take(flows);
    taken += flows;
  }
  await take(0);
  t.ok(outlet.slow > 0, 'something was lost');
  t.equal(outlet.ports.length + outlet.slow, taken);
  t.same(
    outlet.ports,
    [...outlet.ports].sort((a, b) => a - b),
  );
  t.match(ledger.totals(), [{ node: '', stage: 'subscriber', reason: 'slow', count: outlet.slow }]);
  t.equal(fanOut.flushedPosition(), taken);
});

t.test('a loss comes before the flows behind it', async (t) => {
  const { take, follow } = setUp();
  const outlet = follow(new FakeOutlet(true));
  await take(10);
  await take(10);
  await take(3 * KEPT);
  outlet.release();
  await take(0);
  const seen = outlet.messages.map((m) => [m.flows[0]?.source?.port, m.lost.length]);
  t.same(seen.slice(0, 3), [
    [0, 0],
    [10, 0],
    [20 + 2 * KEPT, 1],
  ]);
  t.equal(outlet.slow, 2 * KEPT);
});

t.test('one that reads nothing costs two messages and holds up nobody', async (t) => {
  const { take, follow } = setUp();
  const stuck = follow(new FakeOutlet(true));
  const quick = follow(new FakeOutlet());
  for (let i = 0; i < 50; i++) await take(500);
  t.ok(stuck.messages.length <= 2);
  t.ok(stuck.bytes < 2 * (128 << 10) + (64 << 10), `${stuck.bytes} bytes`);
  t.equal(quick.ports.length, 25_000);
  t.equal(quick.slow, 0);
});

t.test('a reader whose filter matches nothing loses nothing and is written nothing', async (t) => {
  const { take, follow } = setUp();
  const outlet = follow(new FakeOutlet(), [makeFilter({ ports: [65_000] })]);
  for (let i = 0; i < 20; i++) await take(800);
  t.same(outlet.messages, []);
});

t.test('losses of agents reach every follower, those of other readers do not', async (t) => {
  const { ledger, fanOut, take, follow } = setUp();
  ledger.add('node-1', 'uplink', 'full', 'LOSS_UNIT_RECORDS', 5);
  for (let i = 0; i < 10; i++) fanOut.tick();
  const outlet = follow(new FakeOutlet());
  ledger.add('node-1', 'uplink', 'full', 'LOSS_UNIT_RECORDS', 7);
  ledger.add('node-2', 'kernel_ring', 'full', 'LOSS_UNIT_PACKETS', 1);
  ledger.add('', 'subscriber', 'slow', 'LOSS_UNIT_RECORDS', 100);
  for (let i = 0; i < 10; i++) await take(0);
  t.same(
    outlet.messages.flatMap((message) => message.lost),
    [
      { node: 'node-1', stage: 'uplink', reason: 'full', count: 7, unit: 'LOSS_UNIT_RECORDS' },
      { node: 'node-2', stage: 'kernel_ring', reason: 'full', count: 1, unit: 'LOSS_UNIT_PACKETS' },
    ],
  );
});
