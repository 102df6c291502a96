import { FlowColumns } from '@snoopy/proto';
import t from 'tap';
import type { Decoded } from '../../../src/decode/decoded.js';
import { FlowRig, type Packet, tcp, udp } from '../flow-rig.js';
import { Random } from '../random.js';
import type { Row } from '../rows.js';

/*
 * The most important test of the table (DESIGN, law 1): whatever comes, at every moment
 * seen = emitted + live + lost + excluded, and what was emitted is what the rows say.
 */

const FLAGS = ['S', 'SA', 'A', 'PA', 'FA', 'R', 'RA', 'SF', ''];

function anyPacket(random: Random): Packet {
  const side = {
    v6: random.chance(3),
    localPort: random.next(40),
    peerPort: random.chance(8) ? 53 : random.next(2_000),
    payload: random.next(1_500),
  };
  const sent = random.chance(2);
  switch (random.next(8)) {
    case 0:
      return udp(sent, side);
    case 1:
      return { ...side, sent, protocol: 132 };
    case 2:
      return { ...side, sent, protocol: random.chance(2) ? 1 : 58, set: anyIcmp(random) };
    case 3:
      return { ...side, sent, protocol: random.next(256), set: anyFragment(random) };
    default: {
      const flags = FLAGS[random.next(FLAGS.length)]!;
      return tcp(sent, {
        ...side,
        flags,
        seq: random.next(3_000),
        ack: random.next(3_000),
        window: random.next(3),
      });
    }
  }
}

function anyIcmp(random: Random): (packet: Decoded) => void {
  return (packet) => {
    packet.icmpType = random.next(20) + (random.chance(2) ? 120 : 0);
    packet.icmpCode = random.next(5);
    packet.icmpId = random.next(5);
    if (!random.chance(3)) return;
    packet.innerIpVersion = 4;
    packet.innerProtocol = random.chance(2) ? 6 : 17;
    [packet.innerSrc2, packet.innerSrc3, packet.innerDst2, packet.innerDst3] = [
      packet.dst2,
      packet.dst3,
      packet.src2,
      packet.src3,
    ];
    packet.innerSrcPort = random.next(40);
    packet.innerDstPort = random.next(2_000);
    packet.innerHasTcpSeq = 0;
  };
}

function anyFragment(random: Random): (packet: Decoded) => void {
  return (packet) => {
    packet.fragment = random.next(3);
    packet.fragmentId = random.next(4);
    packet.hasTransport = packet.fragment === 2 || random.chance(2) ? 0 : 1;
    if (!packet.hasTransport) packet.srcPort = packet.dstPort = 0;
  };
}

function sums(rows: readonly Row[]): { packets: number; bytes: number } {
  let packets = 0;
  let bytes = 0;
  for (const row of rows) {
    packets += row.sent.packets + row.received.packets;
    bytes += row.sent.bytes + row.received.bytes;
  }
  return { packets, bytes };
}

for (const [seed, memory] of [
  [1, 2 << 20],
  [2, 2 << 20],
  [3, 8 << 20],
] as const)
  t.test(`random packets, seed ${seed}, ${memory >> 20} MiB`, async (t) => {
    const random = new Random(seed * 7_919);
    const rig = new FlowRig(memory);
    const { table } = rig;
    const { counters } = table;
    const emitted = { packets: 0, bytes: 0 };
    const opened = new Map<string, number>();
    let other = rig.addCapture('other');
    let fed = 0;
    const check = (): boolean => {
      const pending = table.pending();
      return (
        counters.seenPackets === fed &&
        fed === emitted.packets + pending.packets + counters.lostPackets + counters.excludedPackets &&
        counters.seenBytes === emitted.bytes + pending.bytes + counters.lostBytes + counters.excludedBytes &&
        counters.emittedPackets === emitted.packets &&
        counters.emittedBytes === emitted.bytes
      );
    };
    const take = (rows: readonly Row[]): void => {
      const { packets, bytes } = sums(rows);
      emitted.packets += packets;
      emitted.bytes += bytes;
      for (const row of rows) if (row.opened) opened.set(row.pod, (opened.get(row.pod) ?? 0) + 1);
    };
    let good = true;
    for (let i = 0; i < 40_000; i++) {
      rig.feed(anyPacket(random), random.chance(3) ? other : rig.capture);
      fed++;
      rig.nowUs += random.next(random.chance(500) ? 3_000_000 : 300);
      if (random.chance(200)) table.advance(rig.nowUs);
      if (random.chance(700)) take(rig.drain());
      if (random.chance(7_000)) {
        table.removeCapture(other);
        other = rig.addCapture('other');
      }
      if (random.chance(7_000)) table.setExcluded(random.chance(2) ? [] : [someLink(random)]);
      if (i % 4_000 === 0) good = good && check();
    }
    t.ok(good, 'at every check');
    t.ok(check(), 'at the end');
    t.ok((opened.get('pod') ?? 0) > 100 && (opened.get('other') ?? 0) > 100);
    if (memory === 2 << 20) t.ok(counters.flowsEvicted > 0, 'the table was full');
    table.shutdown();
    take(rig.drain());
    t.same(table.pending(), { packets: 0, bytes: 0 }, 'nothing is left after the end');
    t.equal(table.live, 0);
    t.ok(check(), 'after the end');
  });

function someLink(random: Random): Parameters<FlowRig['table']['setExcluded']>[0][number] {
  return {
    address: Uint8Array.of(10, 0, 0, 1),
    port: random.chance(2) ? 0 : random.next(40),
    peerAddress: Uint8Array.of(10, 0, 0, 2),
    peerPort: 0,
  };
}

t.test('small batches say the same as large ones', async (t) => {
  const rows = (budget: number): number => {
    const rig = new FlowRig();
    for (let port = 0; port < 500; port++) rig.connect({ localPort: port + 1 });
    rig.wait(300);
    const columns = new FlowColumns(64);
    let packets = 0;
    for (let more = true; more; ) {
      more = rig.table.drain(columns, rig.nowUs, budget);
      for (let row = 0; row < columns.rows; row++)
        packets += columns.sentPackets[row]! + columns.receivedPackets[row]!;
    }
    return packets;
  };
  t.equal(rows(7), 1_500);
  t.equal(rows(10_000), 1_500);
});
