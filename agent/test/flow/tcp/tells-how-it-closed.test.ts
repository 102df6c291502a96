import t from 'tap';
import { FlowRig } from '../flow-rig.js';
import type { Row } from '../rows.js';

/** A connection with its handshake reported; client 1001, server 5001 are the next numbers. */
function connected(): FlowRig {
  const rig = new FlowRig().connect();
  rig.settle();
  return rig;
}

function request(rig: FlowRig): FlowRig {
  return rig.send({ flags: 'PA', seq: 1_001, ack: 5_001, payload: 100 });
}

function exchange(rig: FlowRig): FlowRig {
  return request(rig)
    .receive({ flags: 'PA', seq: 5_001, ack: 1_101, payload: 300 })
    .send({ flags: 'A', seq: 1_101, ack: 5_301 });
}

/** Exactly one last row, and how it says that the connection ended. */
function closing(rig: FlowRig): string {
  const rows = [...rig.settle(), ...rig.wait(60_000).drain()];
  const last = rows.filter((row) => row.closed !== 'none');
  if (last.length !== 1) return `${last.length} last rows`;
  return last[0]!.reason === 'closed' ? last[0]!.closed : last[0]!.reason;
}

t.test('FIN from both sides, acknowledged: fin', async (t) => {
  const rig = exchange(connected())
    .send({ flags: 'FA', seq: 1_101, ack: 5_301 })
    .receive({ flags: 'FA', seq: 5_301, ack: 1_102 })
    .send({ flags: 'A', seq: 1_102, ack: 5_302 });
  t.equal(closing(rig), 'fin');
});

t.test('the last ACK is in the last row, though it comes after the end is known', async (t) => {
  const rig = connected()
    .receive({ flags: 'FA', seq: 5_001, ack: 1_001 })
    .send({ flags: 'FA', seq: 1_001, ack: 5_002 })
    .receive({ flags: 'A', seq: 5_002, ack: 1_002 });
  rig.nowUs += 20_000;
  rig.receive({ flags: 'A', seq: 5_002, ack: 1_002 });
  const rows = rig.settle();
  t.match(rows, [{ closed: 'fin', sent: { packets: 1 }, received: { packets: 3 } }]);
});

t.test('both FINs, one never acknowledged: fin after a while', async (t) => {
  const rig = connected()
    .send({ flags: 'FA', seq: 1_001, ack: 5_001 })
    .receive({ flags: 'FA', seq: 5_001, ack: 1_002 });
  const rows = rig.wait(20_000).drain();
  t.same(
    rows.filter((row) => row.closed !== 'none').map((row) => row.closed),
    ['fin'],
  );
});

t.test('an RST right after the handshake, as health checks send it: reset', async (t) => {
  t.equal(closing(connected().send({ flags: 'RA', seq: 1_001, ack: 5_001 })), 'reset');
});

t.test('an RST of the client after the reply, which only the RST acknowledges: reset', async (t) => {
  const rig = request(connected())
    .receive({ flags: 'PA', seq: 5_001, ack: 1_101, payload: 300 })
    .send({ flags: 'RA', seq: 1_101, ack: 5_301 });
  t.equal(closing(rig), 'reset');
});

t.test('an RST of the server on an idle connection, everything answered: reset', async (t) => {
  t.equal(closing(exchange(connected()).receive({ flags: 'RA', seq: 5_301, ack: 1_101 })), 'reset');
});

t.test('an RST of the server instead of an answer: aborted', async (t) => {
  t.equal(closing(request(connected()).receive({ flags: 'RA', seq: 5_001, ack: 1_101 })), 'aborted');
});

t.test('an RST of the client that waited in vain: aborted', async (t) => {
  const rig = request(connected()).receive({ flags: 'A', seq: 5_001, ack: 1_101 });
  t.equal(closing(rig.send({ flags: 'RA', seq: 1_101, ack: 5_001 })), 'aborted');
});

t.test('an RST with data on the way to it: aborted', async (t) => {
  const rig = exchange(connected()).receive({ flags: 'PA', seq: 5_301, ack: 1_101, payload: 1_000 });
  t.equal(closing(rig.send({ flags: 'R', seq: 1_101 })), 'aborted');
});

t.test('an RST after both FINs: fin', async (t) => {
  const rig = exchange(connected())
    .send({ flags: 'FA', seq: 1_101, ack: 5_301 })
    .receive({ flags: 'FA', seq: 5_301, ack: 1_101 })
    .send({ flags: 'R', seq: 1_102 });
  t.equal(closing(rig), 'fin');
});

t.test('an RST out of the blue, far from every number: not believed', async (t) => {
  const rig = connected().receive({ flags: 'R', seq: 900_000_000 });
  t.equal(closing(rig), '0 last rows');
  rig.send({ flags: 'PA', seq: 1_001, ack: 5_001, payload: 1 });
  t.match(rig.wait(5_000).drain(), [{ reason: 'active', closed: 'none' }]);
});

t.test('silence for longer than the keep-alive: idle', async (t) => {
  const rig = connected();
  rig.nowUs += 8_100_000_000;
  t.match(rig.wait(1_500).drain(), [{ closed: 'idle', reason: 'idle', sent: { packets: 0 } }]);
  t.equal(rig.table.live, 0);
});

t.test('one FIN and then silence: idle, after two minutes', async (t) => {
  const rig = connected().send({ flags: 'FA', seq: 1_001, ack: 5_001 });
  rig.settle();
  rig.nowUs += 125_000_000;
  t.match(
    rig
      .wait(1_500)
      .drain()
      .filter((row) => row.closed !== 'none'),
    [{ closed: 'idle' }],
  );
});

t.test('stragglers after the last row are counted, without another end', async (t) => {
  const rig = connected().send({ flags: 'RA', seq: 1_001, ack: 5_001 });
  t.match(rig.settle(), [{ closed: 'reset' }]);
  rig.receive({ flags: 'R', seq: 5_001 });
  const rows: Row[] = rig.wait(10_000).drain();
  t.match(rows, [{ closed: 'none', final: false, opened: false, received: { packets: 1 } }]);
  t.equal(rows.length, 1);
});

t.test('who reset it, and after how many bytes of payload', async (t) => {
  const rig = new FlowRig().connect();
  rig.send({ flags: 'PA', seq: 1_001, ack: 5_001, payload: 300 });
  rig.receive({ flags: 'A', seq: 5_001, ack: 1_301 });
  rig.drain();
  rig.wait(6_000).receive({ flags: 'PA', seq: 5_001, ack: 1_301, payload: 70 });
  rig.receive({ flags: 'RA', seq: 5_071, ack: 1_301 });
  t.match(rig.settle().at(-1), { extras: { resetBy: 2, resetAfterSent: 300, resetAfterReceived: 70 } });

  const own = new FlowRig().connect({ incoming: true });
  own.send({ flags: 'R', seq: 5_001 });
  const { extras } = own.settle().at(-1)!;
  t.match(extras, { resetBy: 1 });
  t.notOk('resetAfterSent' in extras, 'nothing was sent');
  t.notOk('resetBy' in new FlowRig().connect().drain()[0]!.extras);
});
