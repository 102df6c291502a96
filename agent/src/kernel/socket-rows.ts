import { FlowExtra, FlowState, Initiator, type PodRef, Protocol } from '@snoopy/proto';
import { DNS_PORT } from '../flow/dns-tracker.js';
import { ExcludedLinks } from '../flow/excluded-links.js';
import { type Batch, number64 } from './batch.js';
import type { RecentErrors } from './recent-errors.js';
import { resetBy } from './socket-ending.js';
import { SocketFlag, SocketRow, SocketRowKind } from './socket-row.js';
import { failedState, openState } from './socket-state.js';

const ETHERNET_BYTES = 14;
const IPV4_BYTES = 20;
const IPV6_BYTES = 40;
const MAX_DURATION_US = 0xffff_ffff;

/** Turns rows of the sockets program into rows of a batch. */
export class SocketRows {
  /** Snoopy's own links: no row tells of them. */
  readonly excluded = new ExcludedLinks();
  readonly #ends = new Int32Array(8);

  constructor(
    private readonly batch: Batch,
    private readonly errors: RecentErrors,
  ) {}

  /** Writes the row at `offset`; the caller sees to it that there is room. A pod's end is no news without counts. */
  write(view: DataView, offset: number, pod: PodRef): void {
    const over = view.getUint8(offset + SocketRow.kind) === SocketRowKind.over;
    if ((over && countsNothing(view, offset)) || isDns(view, offset) || this.#isExcluded(view, offset))
      return;
    const { batch } = this;
    const { columns } = batch;
    const row = columns.rows++;
    columns.pod[row] = batch.pod(pod);
    columns.protocol[row] = Protocol.tcp;
    columns.lastUs[row] = batch.timeUs(view, offset + SocketRow.time);
    const durationUs = columns.lastUs[row]! - batch.timeUs(view, offset + SocketRow.since);
    columns.durationUs[row] = Math.min(Math.max(0, durationUs), MAX_DURATION_US);
    columns.localAddress[row] = batch.address(view, offset + SocketRow.local);
    columns.peerAddress[row] = batch.address(view, offset + SocketRow.peer);
    columns.localPort[row] = view.getUint16(offset + SocketRow.localPort, true);
    columns.peerPort[row] = view.getUint16(offset + SocketRow.peerPort, true);
    this.#writeCounters(view, offset, row);
    this.#writeState(view, offset, row);
    this.#writeExtras(view, offset, row);
  }

  #isExcluded(view: DataView, offset: number): boolean {
    if (this.excluded.empty) return false;
    this.#readEnds(view, offset);
    const localPort = view.getUint16(offset + SocketRow.localPort, true);
    return this.excluded.hasEnds(this.#ends, localPort, view.getUint16(offset + SocketRow.peerPort, true));
  }

  #readEnds(view: DataView, offset: number): void {
    for (let i = 0; i < 4; i++) {
      this.#ends[i] = view.getInt32(offset + SocketRow.local + i * 4);
      this.#ends[4 + i] = view.getInt32(offset + SocketRow.peer + i * 4);
    }
  }

  /**
   * The ICMP error that ended an attempt, `type << 8 | code`; 0: none. Its socket does not know when the error came
   * while connect() had it, and the program has asked for the error since.
   */
  #icmpOf(view: DataView, offset: number, row: number): number {
    if (view.getUint32(offset + SocketRow.segmentsIn, true) > 0) return 0;
    this.#readEnds(view, offset);
    const { localPort, peerPort, lastUs } = this.batch.columns;
    const ports = (localPort[row]! << 16) | peerPort[row]!;
    const pod = view.getUint32(offset + SocketRow.pod, true);
    return this.errors.get(pod, Protocol.tcp, this.#ends, ports, lastUs[row]!);
  }

  #writeExtras(view: DataView, offset: number, row: number): void {
    const { batch } = this;
    const retransmits = view.getUint32(offset + SocketRow.retransmits, true);
    const kind = view.getUint8(offset + SocketRow.kind);
    batch.extra(row, FlowExtra.sentRetransmits, retransmits);
    batch.extra(row, FlowExtra.rttUs, view.getUint32(offset + SocketRow.srttUs, true));
    if (kind === SocketRowKind.closed) this.#writeReset(view, offset, row);
    if (kind === SocketRowKind.opened)
      batch.extra(row, FlowExtra.handshakeUs, view.getUint32(offset + SocketRow.handshakeUs, true));
    // What was sent again before the connection opened, or did not, was the SYN.
    const client = (view.getUint8(offset + SocketRow.flags) & SocketFlag.client) !== 0;
    if (client && (kind === SocketRowKind.opened || kind === SocketRowKind.attemptFailed))
      batch.extra(row, FlowExtra.synRetries, retransmits);
  }

  /** Who reset the connection, after how many bytes each way. */
  #writeReset(view: DataView, offset: number, row: number): void {
    const { batch } = this;
    const closed = (batch.columns.state[row]! >> FlowState.closedShift) & FlowState.closedMask;
    const by = resetBy(closed, view.getUint16(offset + SocketRow.error, true));
    if (by === 0) return;
    batch.extra(row, FlowExtra.resetBy, by);
    batch.extra(row, FlowExtra.resetAfterSent, view.getUint32(offset + SocketRow.totalOut, true));
    batch.extra(row, FlowExtra.resetAfterReceived, view.getUint32(offset + SocketRow.totalIn, true));
  }

  /** Payload and segments are the socket's own; frame bytes are computed from them (FlowState.fromSocket says so). */
  #writeCounters(view: DataView, offset: number, row: number): void {
    const { columns } = this.batch;
    const header =
      ETHERNET_BYTES + ipBytes(view, offset) + view.getUint16(offset + SocketRow.headerBytes, true);
    const segmentsOut = view.getUint32(offset + SocketRow.segmentsOut, true);
    const segmentsIn = view.getUint32(offset + SocketRow.segmentsIn, true);
    const payloadOut = number64(view, offset + SocketRow.payloadOut);
    const payloadIn = number64(view, offset + SocketRow.payloadIn);
    columns.sentPackets[row] = segmentsOut;
    columns.receivedPackets[row] = segmentsIn;
    columns.sentBytes[row] = payloadOut + segmentsOut * header;
    columns.receivedBytes[row] = payloadIn + segmentsIn * header;
    columns.sentPayload[row] = payloadOut;
    columns.receivedPayload[row] = payloadIn;
    columns.sentSegments[row] = view.getUint32(offset + SocketRow.dataSegmentsOut, true);
    columns.receivedSegments[row] = view.getUint32(offset + SocketRow.dataSegmentsIn, true);
  }

  #writeState(view: DataView, offset: number, row: number): void {
    const { columns } = this.batch;
    const kind = view.getUint8(offset + SocketRow.kind);
    const client = (view.getUint8(offset + SocketRow.flags) & SocketFlag.client) !== 0;
    const state = FlowState.fromSocket | FlowState.hasClientIsn | (client ? Initiator.local : Initiator.peer);
    if (kind === SocketRowKind.attemptFailed) {
      const icmp = this.#icmpOf(view, offset, row);
      columns.state[row] = state | failedState(view, offset, icmp);
      this.batch.extra(row, FlowExtra.icmp, icmp);
    } else columns.state[row] = state | openState(view, offset, kind);
    columns.clientIsn[row] = view.getUint32(offset + (client ? SocketRow.localIsn : SocketRow.peerIsn), true);
    columns.serverIsn[row] = view.getUint32(offset + (client ? SocketRow.peerIsn : SocketRow.localIsn), true);
  }
}

/** DNS is counted by its frames, because its messages are read (agent/bpf/tcp-frames.h). */
function isDns(view: DataView, offset: number): boolean {
  const local = view.getUint16(offset + SocketRow.localPort, true);
  return local === DNS_PORT || view.getUint16(offset + SocketRow.peerPort, true) === DNS_PORT;
}

function countsNothing(view: DataView, offset: number): boolean {
  const segments = view.getUint32(offset + SocketRow.segmentsOut, true);
  return segments + view.getUint32(offset + SocketRow.segmentsIn, true) === 0;
}

/** The IP header of the connection's family; options and extension headers are rare and not counted. */
function ipBytes(view: DataView, offset: number): number {
  const at = offset + SocketRow.local;
  const mapped = view.getInt32(at) === 0 && view.getInt32(at + 4) === 0 && view.getInt32(at + 8) === 0xffff;
  return mapped ? IPV4_BYTES : IPV6_BYTES;
}
