import { Decoded, LinkDirection } from '../decode/decoded.js';
import { MAPPED_WORD } from '../decode/ip-header.js';
import { Counted, type FlowTable } from '../flow/flow-table.js';
import { number64 } from './batch.js';
import { FlowRow, FlowRowCounter, TcpFlowRow } from './flow-row.js';

/**
 * Rows of connections that have no socket here (TCP by frames, SCTP): the kernel counts their packets, the flow table
 * knows from copied frames how they began and end, and gets the counts by these rows.
 */
export class CountedRows {
  readonly #packet = new Decoded();
  readonly #counted = new Counted();

  constructor(
    private readonly table: Pick<FlowTable, 'add'>,
    private readonly captureOf: (pod: number) => number | undefined,
  ) {}

  /**
   * Adds what a row counted to its flow.
   *
   * @param wallOffsetUs added to CLOCK_MONOTONIC, gives microseconds since 1970
   * @returns false when the pod is not known
   */
  write(view: DataView, offset: number, wallOffsetUs: number, isTcp: boolean): boolean {
    const captureId = this.captureOf(view.getUint32(offset + FlowRow.pod, true));
    if (captureId === undefined) return false;
    const packet = this.#packet;
    packet.timeUs = Math.round(wallOffsetUs + number64(view, offset + FlowRow.last) / 1_000);
    packet.protocol = view.getUint8(offset + FlowRow.protocol);
    packet.hasTransport = 1;
    const sent = this.#read(view, offset, FlowRow.sent, isTcp ? 0 : -1);
    if (sent) {
      this.#aim(view, offset, FlowRow.local, FlowRow.peer);
      packet.linkDirection = LinkDirection.sent;
      this.table.add(packet, this.#counted, captureId);
    }
    if (this.#read(view, offset, FlowRow.received, isTcp ? 1 : -1)) {
      this.#aim(view, offset, FlowRow.peer, FlowRow.local);
      packet.linkDirection = LinkDirection.received;
      this.table.add(packet, this.#counted, captureId);
    }
    return true;
  }

  /** @param index of the direction in what TCP has besides; -1: not TCP. Returns whether there were packets */
  #read(view: DataView, offset: number, at: number, index: number): boolean {
    const counted = this.#counted;
    counted.packets = view.getUint32(offset + at + FlowRowCounter.packets, true);
    counted.segments = view.getUint32(offset + at + FlowRowCounter.segments, true);
    counted.bytes = number64(view, offset + at + FlowRowCounter.bytes);
    counted.payload = number64(view, offset + at + FlowRowCounter.payload);
    counted.nextSeq = index < 0 ? 0 : view.getInt32(offset + TcpFlowRow.nextSeq + 4 * index, true);
    counted.ack = index < 0 ? 0 : view.getInt32(offset + TcpFlowRow.ack + 4 * index, true);
    return counted.packets > 0;
  }

  #aim(view: DataView, offset: number, from: number, to: number): void {
    const packet = this.#packet;
    packet.src0 = view.getInt32(offset + from);
    packet.src1 = view.getInt32(offset + from + 4);
    packet.src2 = view.getInt32(offset + from + 8);
    packet.src3 = view.getInt32(offset + from + 12);
    packet.dst0 = view.getInt32(offset + to);
    packet.dst1 = view.getInt32(offset + to + 4);
    packet.dst2 = view.getInt32(offset + to + 8);
    packet.dst3 = view.getInt32(offset + to + 12);
    const mapped = (packet.src0 | packet.src1) === 0 && packet.src2 === MAPPED_WORD;
    packet.ipVersion = mapped ? 4 : 6;
    const fromLocal = from === FlowRow.local;
    packet.srcPort = view.getUint16(offset + (fromLocal ? FlowRow.localPort : FlowRow.peerPort));
    packet.dstPort = view.getUint16(offset + (fromLocal ? FlowRow.peerPort : FlowRow.localPort));
  }
}

/** A row without counts of the flow that a packet belongs to, for the map's key. */
export function rowOf(packet: Decoded, pod: number): DataView {
  const row = new DataView(new ArrayBuffer(TcpFlowRow.bytes));
  const sent = packet.linkDirection === LinkDirection.sent;
  const source = sent ? FlowRow.local : FlowRow.peer;
  const target = sent ? FlowRow.peer : FlowRow.local;
  const words = [packet.src0, packet.src1, packet.src2, packet.src3];
  words.push(packet.dst0, packet.dst1, packet.dst2, packet.dst3);
  words.forEach((word, i) => {
    row.setInt32((i < 4 ? source : target) + 4 * (i & 3), word);
  });
  row.setUint16(sent ? FlowRow.localPort : FlowRow.peerPort, packet.srcPort);
  row.setUint16(sent ? FlowRow.peerPort : FlowRow.localPort, packet.dstPort);
  row.setUint32(FlowRow.pod, pod, true);
  row.setUint32(FlowRow.protocol, packet.protocol, true);
  return row;
}
