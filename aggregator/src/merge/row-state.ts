import { Closed, EmitReason, FlowState, Initiator } from '@snoopy/proto';

/** Readers of a row's `state` (flow-record.ts). */

export function initiatorOf(state: number): number {
  return (state >>> FlowState.initiatorShift) & FlowState.initiatorMask;
}

export function outcomeOf(state: number): number {
  return (state >>> FlowState.outcomeShift) & FlowState.outcomeMask;
}

export function closedOf(state: number): number {
  return (state >>> FlowState.closedShift) & FlowState.closedMask;
}

export function reasonOf(state: number): number {
  return (state >>> FlowState.reasonShift) & FlowState.reasonMask;
}

/** Whether the view that this row belongs to is over. */
export function endsView(state: number): boolean {
  return closedOf(state) !== Closed.none || reasonOf(state) >= EmitReason.closed;
}

/**
 * Whether what was under way at the end may be missing from the view: data that meets a reset is seen, but after the
 * last row; what a full table or a stopped capture still had to see is not seen at all.
 */
export function endsInexactly(state: number): boolean {
  const closed = closedOf(state);
  return closed === Closed.reset || closed === Closed.aborted || reasonOf(state) >= EmitReason.full;
}

/** Whether the initiator is known. */
export function hasInitiator(state: number): boolean {
  return initiatorOf(state) !== Initiator.unknown;
}

/** Whether a connection is over for the end of the row, and not only for its agent. */
export function tellsEnd(state: number): boolean {
  return closedOf(state) !== Closed.none || reasonOf(state) === EmitReason.closed;
}

/** What two rows of one view say together. */
export function joinStates(before: number, after: number): number {
  const turns = (before | after) & TURNS;
  const initiator = initiatorOf(before) || initiatorOf(after);
  const outcome = outcomeOf(after) || outcomeOf(before);
  const closed = closedOf(after) || closedOf(before);
  return (
    turns |
    (initiator << FlowState.initiatorShift) |
    (outcome << FlowState.outcomeShift) |
    (closed << FlowState.closedShift) |
    (reasonOf(after) << FlowState.reasonShift)
  );
}

/** Bits that hold for a window as soon as they hold for a row of it. */
const TURNS =
  FlowState.opened |
  FlowState.outcomeFinal |
  FlowState.hasClientIsn |
  FlowState.hasServerIsn |
  FlowState.fromSocket;
