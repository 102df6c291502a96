import { type FlowColumns, FlowState, Initiator, Protocol } from '@snoopy/proto';
import type { ConnectionTable } from './connection-table.js';
import type { FlowSource } from './flow-source.js';
import { endsInexactly, endsView, initiatorOf } from './row-state.js';
import { Flag, SLOT_DOUBLES, SLOT_WORDS, Slot, TWO_BITS } from './slot-layout.js';
import { Sweep } from './sweep.js';

/** Writes down what a connection learns from a record of one of its ends. */
export class ViewNotes {
  readonly #table: ConnectionTable;

  constructor(table: ConnectionTable) {
    this.#table = table;
  }

  /** @param pod id + 1 of the row's pod */
  note(
    columns: FlowColumns,
    row: number,
    slot: number,
    end: number,
    pod: number,
    source: FlowSource,
    nowMs: number,
  ): void {
    const { words, doubles } = this.#table;
    const base = slot * SLOT_WORDS;
    const state = columns.state[row]!;
    let flags = words[base + Slot.flags]!;
    flags |= initiatorFlag(state, flags, end);
    flags |= this.#marks(base, end, state, flags, source, nowMs) | counting(state, flags);
    if (words[base + Slot.pod + end] !== pod) {
      words[base + Slot.pod + end] = pod;
      flags |= Flag.renamed;
    }
    words[base + Slot.source + end] = source.index + 1;
    words[base + Slot.lastSeen] = Math.floor(nowMs / 100);
    flags = endsView(state) ? flags | (Flag.ended << end) : flags & ~(Flag.ended << end);
    if (endsInexactly(state)) flags |= Flag.inexact;
    words[base + Slot.flags] = flags | (Flag.seen << end);
    // Sent by this end counts up in its direction, received counts down in the other's.
    const d = slot * SLOT_DOUBLES + Slot.payloadDouble;
    doubles[d + end]! += columns.sentPayload[row]!;
    doubles[d + 1 - end]! -= columns.receivedPayload[row]!;
    words[base + Slot.segments + end]! += columns.sentSegments[row]!;
    words[base + Slot.segments + 1 - end]! -= columns.receivedSegments[row]!;
  }

  /** Notes who began and nothing else. */
  noteInitiator(state: number, slot: number, end: number): void {
    const at = slot * SLOT_WORDS + Slot.flags;
    this.#table.words[at]! |= initiatorFlag(state, this.#table.words[at]!, end);
  }

  /**
   * Flags for what is missing from an end's history: a first record that does not begin the connection, or losses
   * of the source while the connection lived.
   */
  #marks(base: number, end: number, state: number, flags: number, source: FlowSource, nowMs: number): number {
    const { words } = this.#table;
    const shift = end * 16;
    const marks = source.recordMark | (source.packetMark << 8);
    const known = (words[base + Slot.lossMarks]! >>> shift) & 0xffff;
    words[base + Slot.lossMarks] = (words[base + Slot.lossMarks]! & ~(0xffff << shift)) | (marks << shift);
    if (!(flags & (Flag.seen << end))) {
      if (state & FlowState.opened) return Flag.began << end;
      return remembers(flags, source, nowMs) ? 0 : Flag.partial;
    }
    if (known === marks) return 0;
    return (known & 0xff) === source.recordMark ? Flag.inexact : Flag.partial;
  }
}

function initiatorFlag(state: number, flags: number, end: number): number {
  const initiator = initiatorOf(state);
  if (initiator === Initiator.unknown || ((flags >>> Flag.initiatorShift) & TWO_BITS) !== 0) return 0;
  return ((initiator === Initiator.local ? end : 1 - end) + 1) << Flag.initiatorShift;
}

/** Whether a connection that is not known here can only be one that was forgotten here: other than TCP ends without a word. */
function remembers(flags: number, source: FlowSource, nowMs: number): boolean {
  const protocol = flags & Flag.protocolMask;
  if (protocol === Protocol.tcp || protocol === Protocol.sctp) return false;
  return nowMs - source.sinceMs > Sweep.SILENT_MS;
}

/** Flags for how it is counted. Frames and the kernel's sockets do not count the same, so their difference is no loss. */
function counting(state: number, flags: number): number {
  const how = state & FlowState.fromSocket ? Flag.sockets : 0;
  if (!(flags & (Flag.seen * 3))) return how;
  return (flags & Flag.sockets) === how ? 0 : Flag.inexact;
}
