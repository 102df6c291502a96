import { EmitReason, FlowExtra, FlowState, Initiator, Outcome, type PodRef, Protocol } from '@snoopy/proto';
import { type Batch, number64 } from './batch.js';
import { howClosed, outcomeOfFailure } from './socket-ending.js';
import { SocketFlag, SocketRow, SocketRowKind } from './socket-row.js';

const ETHERNET_BYTES = 14;
const IPV4_BYTES = 20;
const IPV6_BYTES = 40;
const MAX_DURATION_US = 0xffff_ffff;

/** Turns rows of the sockets program into rows of a batch. */
export class SocketRows {
  constructor(private readonly batch: Batch) {}

  /** Writes the row at `offset`; the caller sees to it that there is room. */
  write(view: DataView, offset: number, pod: PodRef): void {
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
    batch.extra(row, FlowExtra.sentRetransmits, view.getUint32(offset + SocketRow.retransmits, true));
    batch.extra(row, FlowExtra.rttUs, view.getUint32(offset + SocketRow.srttUs, true));
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
    columns.state[row] =
      state | (kind === SocketRowKind.attemptFailed ? failed(view, offset) : phase(view, offset, kind));
    columns.clientIsn[row] = view.getUint32(offset + (client ? SocketRow.localIsn : SocketRow.peerIsn), true);
    columns.serverIsn[row] = view.getUint32(offset + (client ? SocketRow.peerIsn : SocketRow.localIsn), true);
    if (kind === SocketRowKind.opened)
      this.batch.extra(row, FlowExtra.handshakeUs, view.getUint32(offset + SocketRow.handshakeUs, true));
  }
}

/** State bits of an attempt that never opened. */
function failed(view: DataView, offset: number): number {
  const outcome = outcomeOfFailure(view.getUint16(offset + SocketRow.error, true));
  return (
    FlowState.opened |
    FlowState.outcomeFinal |
    (outcome << FlowState.outcomeShift) |
    (EmitReason.closed << FlowState.reasonShift)
  );
}

/** State bits of an established connection that opens, goes on or ends. */
function phase(view: DataView, offset: number, kind: number): number {
  const common = FlowState.hasServerIsn | (Outcome.established << FlowState.outcomeShift);
  if (kind === SocketRowKind.opened)
    return common | FlowState.opened | FlowState.outcomeFinal | (EmitReason.opened << FlowState.reasonShift);
  if (kind === SocketRowKind.live) return common | (EmitReason.active << FlowState.reasonShift);
  const oldState = view.getUint8(offset + SocketRow.oldState);
  const error = view.getUint16(offset + SocketRow.error, true);
  const closed = howClosed(oldState, error, view.getUint8(offset + SocketRow.flags));
  return common | (closed << FlowState.closedShift) | (EmitReason.closed << FlowState.reasonShift);
}

/** The IP header of the connection's family; options and extension headers are rare and not counted. */
function ipBytes(view: DataView, offset: number): number {
  const at = offset + SocketRow.local;
  const mapped = view.getInt32(at) === 0 && view.getInt32(at + 4) === 0 && view.getInt32(at + 8) === 0xffff;
  return mapped ? IPV4_BYTES : IPV6_BYTES;
}
