import { EmitReason, FlowState, Outcome } from '@snoopy/proto';
import { howClosed, outcomeOfFailure } from './socket-ending.js';
import { SocketFlag, SocketRow, SocketRowKind } from './socket-row.js';

/** State bits of an attempt that never opened. @param icmp the error that ended it, 0 for none */
export function failedState(view: DataView, offset: number, icmp: number): number {
  const error = view.getUint16(offset + SocketRow.error, true);
  const segmentsIn = view.getUint32(offset + SocketRow.segmentsIn, true);
  const outcome = icmp !== 0 ? Outcome.unreachable : outcomeOfFailure(error, segmentsIn);
  return (
    FlowState.opened |
    FlowState.outcomeFinal |
    (outcome << FlowState.outcomeShift) |
    (EmitReason.closed << FlowState.reasonShift)
  );
}

/** State bits of an established connection that opens, goes on or ends. */
export function openState(view: DataView, offset: number, kind: number): number {
  const first = (view.getUint8(offset + SocketRow.flags) & SocketFlag.first) !== 0;
  const common =
    FlowState.hasServerIsn |
    (Outcome.established << FlowState.outcomeShift) |
    (first ? FlowState.opened | FlowState.outcomeFinal : 0);
  if (kind === SocketRowKind.opened) return common | (EmitReason.opened << FlowState.reasonShift);
  if (kind === SocketRowKind.live) return common | (EmitReason.active << FlowState.reasonShift);
  if (kind === SocketRowKind.over) return common | (EmitReason.shutdown << FlowState.reasonShift);
  const oldState = view.getUint8(offset + SocketRow.oldState);
  const error = view.getUint16(offset + SocketRow.error, true);
  const closed = howClosed(oldState, error, view.getUint8(offset + SocketRow.flags));
  return common | (closed << FlowState.closedShift) | (EmitReason.closed << FlowState.reasonShift);
}
