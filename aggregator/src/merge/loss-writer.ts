import type { ConnectionTable } from './connection-table.js';
import type { FlowSources } from './flow-source.js';
import { lostOfSockets, lostSegments } from './lost-segments.js';
import type { MergedFlow } from './merged-flow.js';
import { Flag, SLOT_DOUBLES, SLOT_WORDS, Slot } from './slot-layout.js';
import { Sweep } from './sweep.js';

/** Both ends saw the connection from its beginning … */
const BEGUN = Flag.began | (Flag.began << 1);
/** … to its end. */
const WHOLE = BEGUN | Flag.ended | (Flag.ended << 1);
const UNCERTAIN = Flag.lostTold | Flag.partial | Flag.inexact;

/**
 * Says what left one end of a connection and did not reach the other, each loss once, when both ends have told all.
 *
 * The kernel's sockets miss nothing, so their word is taken with the last record. What was counted from frames may lack
 * some that the capture dropped, which agents know up to 2 s later: that waits until the connection is forgotten. What
 * has no end is looked at whenever it was silent for 30 s.
 */
export class LossWriter {
  readonly #table: ConnectionTable;
  readonly #sources: FlowSources;
  readonly #flow: MergedFlow;

  constructor(table: ConnectionTable, sources: FlowSources, flow: MergedFlow) {
    this.#table = table;
    this.#sources = sources;
    this.#flow = flow;
  }

  /** Writes into a flow that has a record. */
  write(slot: number, sourceEnd: number): void {
    const { request, reply } = this.#flow;
    request.lostSegments = 0;
    reply.lostSegments = 0;
    const flags = this.#table.words[slot * SLOT_WORDS + Slot.flags]!;
    if (flags & Flag.sockets && (flags & WHOLE) === WHOLE && !(flags & UNCERTAIN))
      this.#write(slot, sourceEnd, flags);
  }

  /** Writes into a flow without records. */
  writeOwed(slot: number, sourceEnd: number): void {
    this.#write(slot, sourceEnd, this.#table.words[slot * SLOT_WORDS + Slot.flags]!);
  }

  /** Whether something is to be said though no record came: of a connection that is over, or silent for long. */
  owes(slot: number, nowMs: number): boolean {
    const { words } = this.#table;
    const base = slot * SLOT_WORDS;
    const flags = words[base + Slot.flags]!;
    if ((flags & BEGUN) !== BEGUN || flags & UNCERTAIN) return false;
    const silentMs = nowMs - words[base + Slot.lastSeen]! * 100;
    const isOver = (flags & WHOLE) === WHOLE && silentMs >= Sweep.LINGER_MS;
    if (!isOver && !(this.#table.fades(slot) && silentMs >= Sweep.PAUSED_MS)) return false;
    // One that reconnects tells first what was before.
    const sinceMs = isOver ? Number.POSITIVE_INFINITY : nowMs - Sweep.PAUSED_MS;
    return this.#isComplete(base, 0, sinceMs) && this.#isComplete(base, 1, sinceMs);
  }

  /**
   * Whether the source of an end has lost nothing since the end's last record.
   * @param sinceMs it must have been connected since then, if that is in the past
   */
  #isComplete(base: number, end: number, sinceMs: number): boolean {
    const { words } = this.#table;
    const source = this.#sources.get(words[base + Slot.source + end]! - 1);
    if (sinceMs !== Number.POSITIVE_INFINITY && !(source.connected && source.connectedAtMs <= sinceMs))
      return false;
    const marks = source.recordMark | (source.packetMark << 8);
    return ((words[base + Slot.lossMarks]! >>> (end * 16)) & 0xffff) === marks;
  }

  #write(slot: number, sourceEnd: number, flags: number): void {
    const { words, doubles } = this.#table;
    const base = slot * SLOT_WORDS;
    const d = slot * SLOT_DOUBLES + Slot.payloadDouble;
    const protocol = flags & Flag.protocolMask;
    const lost = flags & Flag.sockets ? lostOfSockets : lostSegments;
    const low = lost(protocol, doubles[d]!, words[base + Slot.segments]!);
    const high = lost(protocol, doubles[d + 1]!, words[base + Slot.segments + 1]!);
    this.#flow.request.lostSegments = sourceEnd === 0 ? low : high;
    this.#flow.reply.lostSegments = sourceEnd === 0 ? high : low;
    if (this.#table.fades(slot)) this.#startAgain(slot);
    else words[base + Slot.flags] = flags | Flag.lostTold;
  }

  #startAgain(slot: number): void {
    this.#table.doubles.fill(
      0,
      slot * SLOT_DOUBLES + Slot.payloadDouble,
      slot * SLOT_DOUBLES + Slot.payloadDouble + 2,
    );
    this.#table.words.fill(0, slot * SLOT_WORDS + Slot.segments, slot * SLOT_WORDS + Slot.segments + 2);
  }
}
