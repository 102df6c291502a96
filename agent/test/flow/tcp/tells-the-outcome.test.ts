import t from 'tap';
import { FlowRig, type Packet } from '../flow-rig.js';
import type { Row } from '../rows.js';

/** Every attempt is counted once: the rows with a final outcome. */
function finals(rows: readonly Row[]): string[] {
  return rows.filter((row) => row.final).map((row) => row.outcome);
}

function openings(rows: readonly Row[]): number {
  return rows.filter((row) => row.opened).length;
}

for (const v6 of [false, true]) {
  t.test(v6 ? 'IPv6' : 'IPv4', async (t) => {
    t.test('a handshake: established, with its duration and both sequence numbers', async (t) => {
      const rig = new FlowRig().connect({ v6 });
      const rows = rig.drain();
      t.match(rows, [
        {
          initiator: 'local',
          outcome: 'established',
          opened: true,
          final: true,
          clientIsn: 1_000,
          serverIsn: 5_000,
          extras: { handshakeUs: 300 },
          closed: 'none',
        },
      ]);
      t.same(rig.wait(20_000).drain(), [], 'nothing more to say');
    });

    t.test('a handshake from outside: the peer is the initiator', async (t) => {
      const rows = new FlowRig().connect({ v6, incoming: true, localPort: 80, peerPort: 50_000 }).drain();
      t.match(rows, [{ initiator: 'peer', outcome: 'established', localPort: 80, peerPort: 50_000 }]);
    });

    t.test('an RST in answer: refused, and that was all', async (t) => {
      const rig = new FlowRig().send({ v6, flags: 'S', seq: 7 }).receive({ v6, flags: 'RA', ack: 8 });
      const rows = rig.settle();
      t.match(rows, [
        { outcome: 'refused', opened: true, final: true, closed: 'none', reason: 'closed', clientIsn: 7 },
      ]);
      t.equal(rows[0]?.serverIsn, undefined);
      t.same(rig.wait(30_000).drain(), []);
      t.equal(rig.table.live, 0, 'forgotten');
    });

    t.test('an RST after 3 s: one attempt, refused', async (t) => {
      const rig = new FlowRig();
      const rows: Row[] = [];
      for (const ms of [1_000, 2_000, 0]) {
        rig.send({ v6, flags: 'S', seq: 7 });
        rows.push(...rig.wait(ms).drain());
      }
      rig.receive({ v6, flags: 'RA', ack: 8 });
      rows.push(...rig.wait(30_000).drain());
      t.same(finals(rows), ['refused']);
      t.equal(openings(rows), 1);
      t.equal(
        rows.reduce((sum, row) => sum + (row.extras.synRetries ?? 0), 0),
        2,
      );
    });

    t.test('a SYN answered at the second retry: established, two retries, handshake of 3 s', async (t) => {
      const rig = new FlowRig();
      const rows: Row[] = [];
      for (const ms of [1_000, 2_000, 0]) {
        rig.send({ v6, flags: 'S', seq: 7 });
        rows.push(...rig.wait(ms).drain());
      }
      rig.receive({ v6, flags: 'SA', seq: 90, ack: 8 }).send({ v6, flags: 'A', seq: 8, ack: 91 });
      rows.push(...rig.wait(5_000).drain());
      t.same(finals(rows), ['established']);
      t.equal(rows.find((row) => row.final)?.extras.handshakeUs, 3_000_000);
      t.equal(
        rows.reduce((sum, row) => sum + (row.extras.synRetries ?? 0), 0),
        2,
      );
    });

    t.test('silence: timeout, once the schedule of the client is over', async (t) => {
      const rig = new FlowRig();
      const rows: Row[] = [];
      // tcp_syn_retries 3: SYNs at 0, 1, 3 and 7 s, given up at 15 s
      for (const ms of [1_000, 2_000, 4_000, 7_900]) {
        rig.send({ v6, flags: 'S', seq: 7 });
        rows.push(...rig.wait(ms).drain());
      }
      t.same(finals(rows), [], 'not before the client gives up');
      rows.push(...rig.wait(4_000).drain());
      t.same(finals(rows), ['timeout']);
      t.equal(openings(rows), 1);
      t.same(rig.wait(200_000).drain(), []);
    });

    t.test('a retry at the same pace as before moves the deadline (linear timeouts of Linux)', async (t) => {
      const rig = new FlowRig();
      for (const ms of [1_000, 1_000, 1_000, 1_000, 1_000, 2_000, 4_000, 7_900]) {
        rig.send({ v6, flags: 'S', seq: 7 }).wait(ms);
        t.same(finals(rig.drain()), []);
      }
    });

    t.test('half-open: the SYN-ACK is never acknowledged: timeout', async (t) => {
      const rig = new FlowRig();
      rig.receive({ v6, flags: 'S', seq: 7 });
      const rows: Row[] = [];
      for (const ms of [1_000, 2_000, 4_000]) {
        rig.send({ v6, flags: 'SA', seq: 90, ack: 8 });
        rows.push(...rig.wait(ms).drain());
      }
      t.same(finals(rows), []);
      rows.push(...rig.wait(20_000).drain());
      t.same(finals(rows), ['timeout']);
      t.equal(openings(rows), 1);
    });

    t.test('the client rejects the SYN-ACK, because it has given up: timeout', async (t) => {
      const rig = new FlowRig();
      rig.send({ v6, flags: 'S', seq: 7 }).wait(1_500);
      rig.receive({ v6, flags: 'SA', seq: 90, ack: 8 }).send({ v6, flags: 'R', seq: 8 });
      t.same(finals(rig.wait(1_000).drain()), ['timeout']);
    });

    t.test('opened from both sides at once: one connection, its client the lower address', async (t) => {
      for (const localFirst of [true, false]) {
        const rig = new FlowRig();
        const local = { v6, flags: 'S', seq: 7, localPort: 9, peerPort: 9 };
        const peer = { v6, flags: 'S', seq: 90, localPort: 9, peerPort: 9 };
        if (localFirst) rig.send(local).receive(peer);
        else rig.receive(peer).send(local);
        rig.send({ ...local, flags: 'SA', ack: 91 }).receive({ ...peer, flags: 'SA', ack: 8 });
        rig.send({ ...local, flags: 'A', seq: 8, ack: 91 });
        const rows = rig.settle();
        t.match(rows, [
          {
            outcome: 'established',
            final: true,
            opened: true,
            initiator: 'local',
            clientIsn: 7,
            serverIsn: 90,
          },
        ]);
      }
    });

    t.test('a challenge ACK and the RST that it draws decide nothing', async (t) => {
      const rig = new FlowRig();
      rig.send({ v6, flags: 'S', seq: 7 }).receive({ v6, flags: 'A', seq: 555, ack: 444 });
      rig.send({ v6, flags: 'R', seq: 444 }).wait(1_000);
      rig.send({ v6, flags: 'S', seq: 7 }).receive({ v6, flags: 'SA', seq: 90, ack: 8 });
      rig.send({ v6, flags: 'A', seq: 8, ack: 91 });
      t.same(finals(rig.settle()), ['established']);
    });

    t.test('an RST with a foreign acknowledgement refuses nothing', async (t) => {
      const rig = new FlowRig()
        .send({ v6, flags: 'S', seq: 7 })
        .receive({ v6, flags: 'RA', ack: 12_345_678 });
      t.same(finals(rig.settle()), []);
    });

    t.test('ICMP in answer: unreachable, with type and code', async (t) => {
      const rig = new FlowRig().send({ v6, flags: 'S', seq: 7 }).feed(unreachable(v6, 7));
      const rows = rig.wait(20_000).drain();
      t.same(finals(rows), ['unreachable']);
      const attempt = rows.find((row) => row.protocol === 'tcp');
      t.match(attempt, { extras: { icmp: v6 ? 0x0104 : 0x0303 }, reason: 'closed' });
    });

    t.test('ICMP about another attempt changes nothing', async (t) => {
      const rig = new FlowRig().send({ v6, flags: 'S', seq: 7 }).feed(unreachable(v6, 8));
      t.same(finals(rig.settle()), []);
    });
  });
}

/** The peer says that a TCP segment did not reach port 80. */
function unreachable(v6: boolean, seq: number): Packet {
  return {
    v6,
    sent: false,
    protocol: v6 ? 58 : 1,
    localPort: 0,
    peerPort: 0,
    set: (out) => {
      out.icmpType = v6 ? 1 : 3;
      out.icmpCode = v6 ? 4 : 3;
      out.icmpId = 0;
      out.innerIpVersion = v6 ? 6 : 4;
      out.innerProtocol = 6;
      [out.innerSrc0, out.innerSrc1, out.innerSrc2, out.innerSrc3] = [out.dst0, out.dst1, out.dst2, out.dst3];
      [out.innerDst0, out.innerDst1, out.innerDst2, out.innerDst3] = [out.src0, out.src1, out.src2, out.src3];
      out.innerSrcPort = 40_000;
      out.innerDstPort = 80;
      out.innerHasTcpSeq = 1;
      out.innerTcpSeq = seq;
    },
  };
}
