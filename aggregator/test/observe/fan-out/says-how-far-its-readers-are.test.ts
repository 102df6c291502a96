import t from 'tap';
import { LossLedger } from '../../../src/loss/loss-ledger.js';
import { FanOut } from '../../../src/observe/fan-out.js';
import { FlowRing } from '../../../src/observe/flow-ring.js';
import { FakeClock } from '../../fakes/clock.js';
import { makeFlow } from '../../fakes/flow.js';
import { FakeOutlet } from '../../fakes/outlet.js';
import { makeFilter, makeQuery } from '../../fakes/query.js';
import { turns } from '../../fakes/turns.js';

function setUp() {
  const clock = new FakeClock();
  const fanOut = new FanOut(new FlowRing(1_024), new LossLedger(), clock);
  const take = (count: number): void => {
    for (let i = 0; i < count; i++) fanOut.ring.take(makeFlow());
  };
  const tick = async (ms = 50): Promise<void> => {
    for (const end = clock.ms + ms; clock.ms < end; ) {
      clock.ms += 50;
      fanOut.tick();
      await turns(4);
    }
  };
  return { clock, fanOut, take, tick };
}

t.test('nobody reads: everything is delivered', async (t) => {
  const { fanOut, take } = setUp();
  take(7);
  t.equal(fanOut.position(), 7);
  t.equal(fanOut.flushedPosition(), 7);
});

t.test('a flow is delivered when the socket has it, not when it was written', async (t) => {
  const { fanOut, take, tick } = setUp();
  const outlet = new FakeOutlet(true);
  fanOut.subscribe(makeQuery({ follow: true }), outlet);
  take(5);
  t.equal(fanOut.flushedPosition(), 0, 'not yet read');
  await tick();
  t.equal(outlet.ports.length, 5);
  t.equal(fanOut.flushedPosition(), 0, 'written');
  outlet.release();
  t.equal(fanOut.flushedPosition(), 5);
});

t.test('the slowest of those that keep up counts', async (t) => {
  const { fanOut, take, tick } = setUp();
  const slow = new FakeOutlet(true);
  fanOut.subscribe(makeQuery({ follow: true }), new FakeOutlet());
  fanOut.subscribe(makeQuery({ follow: true }), slow);
  take(3);
  await tick();
  take(3);
  await tick();
  t.equal(fanOut.flushedPosition(), 0);
  slow.release();
  t.equal(fanOut.flushedPosition(), 6);
});

t.test('one that is more than a second behind does not, until it has caught up', async (t) => {
  const { fanOut, take, tick } = setUp();
  const stuck = new FakeOutlet(true);
  fanOut.subscribe(makeQuery({ follow: true }), stuck);
  take(4);
  await tick(500);
  t.equal(fanOut.flushedPosition(), 0);
  await tick(700);
  t.equal(fanOut.flushedPosition(), 4);
  stuck.release();
  take(1);
  t.equal(fanOut.flushedPosition(), 4, 'it counts again');
  await tick();
  t.equal(fanOut.flushedPosition(), 5);
});

t.test('what a reader does not want is delivered to it when it was looked at', async (t) => {
  const { fanOut, take, tick } = setUp();
  fanOut.subscribe(makeQuery({ follow: true, include: [makeFilter({ ports: [1] })] }), new FakeOutlet(true));
  take(9);
  await tick();
  t.equal(fanOut.flushedPosition(), 9);
});

t.test('a reader of the past does not hold up the present for long', async (t) => {
  const { fanOut, take, tick } = setUp();
  take(100);
  await tick(2_000);
  fanOut.subscribe(makeQuery({ last: 50, follow: true }), new FakeOutlet(true));
  take(5);
  await tick();
  t.equal(fanOut.flushedPosition(), 105);
});
