import t from 'tap';
import { FlowRig, type TcpPacket } from '../flow-rig.js';

/** A connection whose numbers wrap around within the first data. */
const ISN = 0xffff_ff00;

function connected(): FlowRig {
  const rig = new FlowRig().connect({ isn: ISN, serverIsn: ISN });
  rig.settle();
  return rig;
}

function data(offset: number, payload = 100): TcpPacket {
  return { flags: 'PA', seq: ISN + 1 + offset, ack: ISN + 1, payload };
}

function ack(offset: number): TcpPacket {
  return { flags: 'A', seq: ISN + 1, ack: ISN + 1 + offset };
}

/** Sum of an extra over all rows that come. */
function sum(rig: FlowRig, extra: string): number {
  return rig
    .wait(10_000)
    .drain()
    .reduce((total, row) => total + (row.extras[extra] ?? 0), 0);
}

t.test('nothing was sent again', async (t) => {
  const rig = connected();
  for (let i = 0; i < 50; i++) rig.send(data(i * 100)).receive(ack((i + 1) * 100));
  t.equal(sum(rig, 'sentRetransmits'), 0);
});

t.test('a segment sent again counts, across the wrap-around', async (t) => {
  const rig = connected();
  for (let i = 0; i < 5; i++) rig.send(data(i * 100));
  rig.wait(300).send(data(100)).send(data(200));
  t.equal(sum(rig, 'sentRetransmits'), 2);
});

t.test('each way is counted for itself', async (t) => {
  const rig = connected();
  rig.receive(data(0)).receive(data(100)).wait(300).receive(data(100));
  t.equal(sum(rig, 'receivedRetransmits'), 1);
});

t.test('reordering is no retransmission', async (t) => {
  const rig = connected();
  rig.receive(data(0)).receive(data(200));
  rig.nowUs += 200;
  rig.receive(data(100)).receive(data(300));
  t.equal(sum(rig, 'receivedRetransmits'), 0);
});

t.test('a gap that is filled after a round trip was filled by a retransmission', async (t) => {
  const rig = connected(); // its handshake took 300 us
  rig.receive(data(0)).receive(data(200));
  rig.nowUs += 400;
  rig.receive(data(100)).receive(data(300));
  t.equal(sum(rig, 'receivedRetransmits'), 1);
});

t.test('a gap that is filled much later was filled by a retransmission', async (t) => {
  const rig = connected();
  rig.receive(data(0)).receive(data(200)).wait(200).receive(data(100));
  t.equal(sum(rig, 'receivedRetransmits'), 1);
});

t.test('a keep-alive probe is none, one byte sent again is', async (t) => {
  const rig = connected();
  rig.send(data(0, 1)).receive(ack(1)).wait(2_000);
  rig.send({ ...data(0, 0) }).receive(ack(1));
  rig.send({ ...data(0, 1) }).receive(ack(1));
  t.equal(sum(rig, 'sentRetransmits'), 0, 'what is acknowledged');
  rig.send(data(1, 1)).wait(300).send(data(1, 1));
  t.equal(sum(rig, 'sentRetransmits'), 1, 'what is not');
});

t.test('a repeated FIN counts, a repeated SYN does not', async (t) => {
  const rig = new FlowRig();
  rig.send({ flags: 'S', seq: 5 }).wait(1_000).send({ flags: 'S', seq: 5 });
  rig.receive({ flags: 'SA', seq: 50, ack: 6 }).receive({ flags: 'SA', seq: 50, ack: 6 });
  rig.send({ flags: 'A', seq: 6, ack: 51 });
  rig.send({ flags: 'FA', seq: 6, ack: 51 }).wait(300).send({ flags: 'FA', seq: 6, ack: 51 });
  const rows = rig.wait(10_000).drain();
  const of = (extra: string): number => rows.reduce((total, row) => total + (row.extras[extra] ?? 0), 0);
  t.equal(of('sentRetransmits'), 1);
  t.equal(of('receivedRetransmits'), 0);
  t.equal(of('synRetries'), 1);
});

t.test('a zero window is counted when it is announced, not when it is repeated', async (t) => {
  const rig = connected();
  rig.receive({ ...ack(0), window: 0 }).receive({ ...ack(0), window: 0 });
  rig.receive({ ...ack(0), window: 500 }).receive({ ...ack(0), window: 0 });
  rig.send({ ...data(0), window: 0 });
  const rows = rig.wait(10_000).drain();
  const of = (extra: string): number => rows.reduce((total, row) => total + (row.extras[extra] ?? 0), 0);
  t.equal(of('receivedZeroWindows'), 2);
  t.equal(of('sentZeroWindows'), 1);
});

t.test('a round trip from a segment to its acknowledgement, not over a retransmission', async (t) => {
  const rig = connected();
  rig.send(data(0));
  rig.nowUs += 4_000;
  rig.receive(ack(100));
  t.match(rig.wait(5_000).drain(), [{ extras: { rttUs: 4_000 } }]);
  rig.send(data(100)).wait(300).send(data(100));
  rig.nowUs += 1_000;
  rig.receive(ack(200));
  const [row] = rig.wait(5_000).drain();
  t.equal(row?.extras.rttUs, undefined);
});
