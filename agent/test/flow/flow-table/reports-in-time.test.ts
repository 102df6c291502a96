import t from 'tap';
import { FlowRig, udp } from '../flow-rig.js';

t.test('a new connection and its outcome leave with one row, at the next drain', async (t) => {
  const rig = new FlowRig().connect();
  t.match(rig.drain(), [{ reason: 'opened', opened: true, final: true, sent: { packets: 2 } }]);
});

t.test('an attempt without answer leaves after a quarter of a second, its outcome later', async (t) => {
  const rig = new FlowRig().send({ flags: 'S', seq: 1 });
  t.same(rig.wait(200).drainNow(), [], 'the answer may be on its way');
  t.match(rig.wait(100).drainNow(), [{ reason: 'opened', opened: true, outcome: 'none' }]);
  rig.receive({ flags: 'SA', seq: 9, ack: 2 }).send({ flags: 'A', seq: 2, ack: 10 });
  t.match(rig.drain(), [{ reason: 'changed', opened: false, final: true, outcome: 'established' }]);
});

t.test('traffic is reported at multiples of 5 s, as what came since the last row', async (t) => {
  const rig = new FlowRig().feed(udp(true, { payload: 100 }));
  t.match(rig.drain(), [{ reason: 'opened', opened: true, initiator: 'local' }]);
  rig.wait(1_000).feed(udp(false, { payload: 200 }));
  rig.wait(2_000).feed(udp(false, { payload: 300 }));
  t.same(rig.wait(1_900).drain(), [], 'at 4.9 s');
  t.match(rig.wait(100).drain(), [
    {
      reason: 'active',
      opened: false,
      sent: { packets: 0, payload: 0 },
      received: { packets: 2, payload: 500, segments: 2, bytes: 608 },
      durationUs: 2_000_000,
    },
  ]);
  t.same(rig.wait(20_000).drain(), [], 'silence has no rows');
});

t.test('a flow without payload has no segments', async (t) => {
  const [row] = new FlowRig().connect().drain();
  t.match(row, { sent: { packets: 2, segments: 0, payload: 0 }, received: { packets: 1, segments: 0 } });
});

t.test(
  'what is silent for long is forgotten: UDP without answer after 30 s, with one after 120 s',
  async (t) => {
    const rig = new FlowRig();
    rig
      .feed(udp(true, { localPort: 1 }))
      .feed(udp(true, { localPort: 2 }))
      .feed(udp(false, { localPort: 2 }));
    rig.drain();
    t.equal(rig.table.live, 2);
    t.same(rig.wait(32_000).drain(), []);
    t.equal(rig.table.live, 1);
    t.same(rig.wait(90_000).drain(), []);
    t.equal(rig.table.live, 0);
    rig.feed(udp(false, { localPort: 2 }));
    t.match(rig.drain(), [{ opened: true, initiator: 'peer' }], 'what comes then is new');
  },
);

t.test('a clock that goes back or jumps holds nothing and ends nothing early', async (t) => {
  const rig = new FlowRig().connect();
  rig.drain();
  rig.nowUs -= 3_600_000_000;
  rig.table.advance(rig.nowUs);
  rig.send({ flags: 'S', seq: 1, localPort: 7 }).receive({ flags: 'RA', ack: 2, localPort: 7 });
  t.match(rig.settle(), [{ outcome: 'refused' }]);
  rig.send({ flags: 'PA', seq: 1_001, ack: 5_001, payload: 9 });
  t.match(rig.wait(5_000).drain(), [{ reason: 'active', closed: 'none' }]);
  rig.nowUs += 3_600_000_000;
  rig.table.advance(rig.nowUs);
  t.equal(rig.table.live, 1, 'an hour is not too long for TCP');
});
