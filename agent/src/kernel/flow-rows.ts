import { Closed, EmitReason, FlowState, Initiator, type PodRef } from '@snoopy/proto';
import { type Batch, number64 } from './batch.js';
import { FLOW_ROW_IDLE, FLOW_ROW_OVER, FLOW_ROW_SENT, FlowRow, FlowRowCounter } from './flow-row.js';

const MAX_DURATION_US = 0xffff_ffff;

/** Turns rows of the packets program (UDP, SCTP, echoes, other protocols) into rows of a batch. */
export class FlowRows {
  constructor(private readonly batch: Batch) {}

  /** Writes the row at `offset`; the caller sees to it that there is room. A pod's end is no news without counts. */
  write(view: DataView, offset: number, pod: PodRef): void {
    if (isOver(view.getUint32(offset + FlowRow.rows, true)) && countsNothing(view, offset)) return;
    const { batch } = this;
    const { columns } = batch;
    const row = columns.rows++;
    columns.pod[row] = batch.pod(pod);
    columns.protocol[row] = view.getUint8(offset + FlowRow.protocol);
    columns.lastUs[row] = batch.timeUs(view, offset + FlowRow.last);
    const durationUs = columns.lastUs[row]! - batch.timeUs(view, offset + FlowRow.first);
    columns.durationUs[row] = Math.min(Math.max(0, durationUs), MAX_DURATION_US);
    columns.localAddress[row] = batch.address(view, offset + FlowRow.local);
    columns.peerAddress[row] = batch.address(view, offset + FlowRow.peer);
    columns.localPort[row] = view.getUint16(offset + FlowRow.localPort);
    columns.peerPort[row] = view.getUint16(offset + FlowRow.peerPort);
    columns.state[row] = stateOf(view, offset);
    const sent = offset + FlowRow.sent;
    const received = offset + FlowRow.received;
    columns.sentPackets[row] = view.getUint32(sent + FlowRowCounter.packets, true);
    columns.receivedPackets[row] = view.getUint32(received + FlowRowCounter.packets, true);
    columns.sentBytes[row] = number64(view, sent + FlowRowCounter.bytes);
    columns.receivedBytes[row] = number64(view, received + FlowRowCounter.bytes);
    columns.sentPayload[row] = number64(view, sent + FlowRowCounter.payload);
    columns.receivedPayload[row] = number64(view, received + FlowRowCounter.payload);
    columns.sentSegments[row] = view.getUint32(sent + FlowRowCounter.segments, true);
    columns.receivedSegments[row] = view.getUint32(received + FlowRowCounter.segments, true);
  }
}

function stateOf(view: DataView, offset: number): number {
  const rows = view.getUint32(offset + FlowRow.rows, true);
  const local = view.getUint32(offset + FlowRow.initiator, true) === FLOW_ROW_SENT;
  const state = local ? Initiator.local : Initiator.peer;
  const first = (rows & ROWS_BEFORE) === 0 ? FlowState.opened : 0;
  if (rows >= FLOW_ROW_IDLE) return state | first | idle;
  if (isOver(rows)) return state | first | (EmitReason.shutdown << FlowState.reasonShift);
  const reason = first ? EmitReason.opened : EmitReason.active;
  return state | first | (reason << FlowState.reasonShift);
}

const ROWS_BEFORE = FLOW_ROW_OVER - 1;
const idle = (Closed.idle << FlowState.closedShift) | (EmitReason.idle << FlowState.reasonShift);

function isOver(rows: number): boolean {
  return rows >= FLOW_ROW_OVER && rows < FLOW_ROW_IDLE;
}

function countsNothing(view: DataView, offset: number): boolean {
  const sent = view.getUint32(offset + FlowRow.sent + FlowRowCounter.packets, true);
  return sent + view.getUint32(offset + FlowRow.received + FlowRowCounter.packets, true) === 0;
}
