import t from 'tap';
import { FlowRig } from '../flow-rig.js';

t.test('a port used again within TIME_WAIT is another connection', async (t) => {
  const rig = new FlowRig().connect();
  rig
    .send({ flags: 'FA', seq: 1_001, ack: 5_001 })
    .receive({ flags: 'FA', seq: 5_001, ack: 1_002 })
    .send({ flags: 'A', seq: 1_002, ack: 5_002 });
  const first = rig.settle();
  rig.connect({ isn: 70_000, serverIsn: 80_000 });
  const second = rig.settle();
  t.match(first, [{ opened: true, final: true, closed: 'fin', clientIsn: 1_000 }]);
  t.match(second, [
    {
      opened: true,
      final: true,
      outcome: 'established',
      closed: 'none',
      clientIsn: 70_000,
      serverIsn: 80_000,
    },
  ]);
});

t.test('both fit into one drain', async (t) => {
  const rig = new FlowRig().connect();
  rig
    .send({ flags: 'FA', seq: 1_001, ack: 5_001 })
    .receive({ flags: 'FA', seq: 5_001, ack: 1_002 })
    .send({ flags: 'A', seq: 1_002, ack: 5_002 })
    .connect({ isn: 70_000 });
  const rows = rig.settle();
  t.equal(rows.length, 2);
  t.match(
    rows.map((row) => [row.clientIsn, row.opened, row.final, row.closed]),
    [
      [1_000, true, true, 'fin'],
      [70_000, true, true, 'none'],
    ],
  );
});

t.test('a new SYN ends a connection that vanished without a word', async (t) => {
  const rig = new FlowRig().connect();
  rig.settle();
  rig.connect({ isn: 70_000 });
  const rows = rig.settle();
  t.match(rows, [
    { closed: 'idle', clientIsn: 1_000 },
    { opened: true, outcome: 'established', clientIsn: 70_000 },
  ]);
});

t.test('a new SYN ends an attempt that had no answer', async (t) => {
  const rig = new FlowRig().send({ flags: 'S', seq: 1 }).wait(600);
  rig.send({ flags: 'S', seq: 2 }).receive({ flags: 'RA', ack: 3 });
  t.same(
    rig
      .settle()
      .filter((row) => row.final)
      .map((row) => row.outcome),
    ['timeout', 'refused'],
  );
});

t.test('the same SYN again after the end is no new attempt', async (t) => {
  const rig = new FlowRig().send({ flags: 'S', seq: 1 }).receive({ flags: 'RA', ack: 2 });
  rig.settle();
  rig.send({ flags: 'S', seq: 1 }).receive({ flags: 'RA', ack: 2 });
  const rows = rig.wait(10_000).drain();
  t.match(rows, [{ opened: false, final: false, sent: { packets: 1 }, received: { packets: 1 } }]);
  t.equal(rows.length, 1);
});

t.test('a connection older than the watch: never opened, no outcome, initiator unknown', async (t) => {
  const rig = new FlowRig()
    .send({ flags: 'PA', seq: 10, ack: 20, payload: 5 })
    .receive({ flags: 'A', seq: 20, ack: 15 });
  const rows = rig.wait(5_000).drain();
  t.match(rows, [
    { opened: false, final: false, outcome: 'none', initiator: 'unknown', reason: 'active', closed: 'none' },
  ]);
  t.equal(rows[0]?.clientIsn, undefined);
  rig
    .send({ flags: 'FA', seq: 15, ack: 20 })
    .receive({ flags: 'FA', seq: 20, ack: 16 })
    .send({ flags: 'A', seq: 16, ack: 21 });
  t.match(rig.settle(), [{ closed: 'fin', final: false }]);
});

t.test('a watch that begins at the SYN-ACK knows who is who, but opened nothing', async (t) => {
  const rig = new FlowRig()
    .receive({ flags: 'SA', seq: 5_000, ack: 1_001 })
    .send({ flags: 'A', seq: 1_001, ack: 5_001 });
  t.match(rig.wait(5_000).drain(), [
    { opened: false, final: false, initiator: 'local', clientIsn: 1_000, serverIsn: 5_000 },
  ]);
});

t.test('a lone RST makes no connection', async (t) => {
  const rig = new FlowRig().receive({ flags: 'R', seq: 5 });
  const rows = rig.wait(10_000).drain();
  t.match(rows, [{ closed: 'none', outcome: 'none', opened: false, received: { packets: 1 } }]);
  t.equal(rows.length, 1);
});
