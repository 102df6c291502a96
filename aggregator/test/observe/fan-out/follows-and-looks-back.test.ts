import type { GetFlowsRequest } from '@snoopy/proto';
import t from 'tap';
import { LossLedger } from '../../../src/loss/loss-ledger.js';
import { FanOut } from '../../../src/observe/fan-out.js';
import { FlowRing } from '../../../src/observe/flow-ring.js';
import { FakeClock } from '../../fakes/clock.js';
import { makeFlow, TIME_US } from '../../fakes/flow.js';
import { FakeOutlet } from '../../fakes/outlet.js';
import { makeFilter, makeQuery } from '../../fakes/query.js';
import { turns } from '../../fakes/turns.js';

function setUp(kept = 4_096) {
  const clock = new FakeClock();
  const fanOut = new FanOut(new FlowRing(kept), new LossLedger(), clock);
  /** Flows numbered by their source ports, a second apart. */
  const take = (from: number, to: number): void => {
    for (let port = from; port <= to; port++) {
      fanOut.ring.take(
        makeFlow({ sourcePort: port, timeUs: TIME_US + port * 1e6, protocol: port % 2 === 0 ? 6 : 17 }),
      );
    }
  };
  const read = async (request: Partial<GetFlowsRequest>): Promise<FakeOutlet> => {
    const outlet = new FakeOutlet();
    fanOut.subscribe(makeQuery(request), outlet);
    await turns();
    return outlet;
  };
  return { clock, fanOut, take, read };
}

const at = (port: number) => ({ seconds: TIME_US / 1e6 + port, nanos: 0 });
const even = [makeFilter({ protocols: ['tcp'] })];

t.test('without follow: what is there, then the end', async (t) => {
  const { take, read } = setUp();
  take(1, 5);
  const outlet = await read({});
  t.same(outlet.ports, [1, 2, 3, 4, 5]);
  t.ok(outlet.ended);
});

t.test('nothing there is an end too', async (t) => {
  const outlet = await setUp().read({});
  t.same(outlet.messages, []);
  t.ok(outlet.ended);
});

t.test('the last N are the last that match, in order', async (t) => {
  const { take, read } = setUp();
  take(1, 2_000);
  t.same((await read({ last: 3 })).ports, [1_998, 1_999, 2_000]);
  t.same((await read({ last: 3, include: even })).ports, [1_996, 1_998, 2_000]);
  t.equal((await read({ last: 1_500, include: even })).ports.length, 1_000, 'fewer when there are no more');
});

t.test('since and until are inclusive, and the last N are counted within', async (t) => {
  const { take, read } = setUp();
  take(1, 10);
  t.same((await read({ since: at(8) })).ports, [8, 9, 10]);
  t.same((await read({ until: at(2) })).ports, [1, 2]);
  t.same((await read({ since: at(3), until: at(6), last: 2 })).ports, [5, 6]);
});

t.test('a follower gets what comes; with last, that first', async (t) => {
  const { fanOut, take, read } = setUp();
  take(1, 10);
  const fresh = await read({ follow: true });
  const back = await read({ follow: true, last: 2 });
  take(11, 12);
  fanOut.tick();
  await turns();
  t.same(fresh.ports, [11, 12]);
  t.same(back.ports, [9, 10, 11, 12]);
  t.notOk(fresh.ended);
});

t.test('a follower with until ends when its time is over, late flows included', async (t) => {
  const { clock, fanOut, take, read } = setUp();
  const outlet = await read({ follow: true, until: at(1) });
  clock.ms = 1_500;
  take(1, 2);
  fanOut.tick();
  await turns();
  t.same(outlet.ports, [1], 'what is younger than until is not for it');
  t.notOk(outlet.ended);
  clock.ms = 3_100;
  fanOut.tick();
  await turns();
  t.ok(outlet.ended);
});

t.test('messages hold at most 1,000 flows', async (t) => {
  const { take, read } = setUp();
  take(1, 3_500);
  const outlet = await read({});
  t.same(
    outlet.ports,
    Array.from({ length: 3_500 }, (_, i) => i + 1),
  );
  t.ok(outlet.messages.every((message) => message.flows.length <= 1_000));
});

t.test('subscribers are bounded, and those that ended do not count', async (t) => {
  const fanOut = new FanOut(new FlowRing(8), new LossLedger(), new FakeClock(), 2);
  const first = fanOut.subscribe(makeQuery({ follow: true }), new FakeOutlet());
  fanOut.subscribe(makeQuery({ follow: true }), new FakeOutlet());
  t.throws(() => fanOut.subscribe(makeQuery({ follow: true }), new FakeOutlet()), { code: 'LIMIT' });
  first.close();
  fanOut.tick();
  t.doesNotThrow(() => fanOut.subscribe(makeQuery({ follow: true }), new FakeOutlet()));
});
