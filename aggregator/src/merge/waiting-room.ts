import { type FlowColumns, FlowState } from '@snoopy/proto';
import type { Aliases } from './aliases.js';
import type { Completeness } from './completeness.js';
import type { ConnectionTable } from './connection-table.js';
import type { Expectation } from './expectation.js';
import type { FlowEmitter } from './flow-emitter.js';
import type { FlowSources } from './flow-source.js';
import { type FoldedRecord, FoldedRecords, HOP } from './folded-records.js';
import type { PendingRing } from './pending-ring.js';
import { Rec, SCRATCH } from './record-layout.js';
import { RecordSum } from './record-sum.js';
import type { RowExtras } from './row-extras.js';
import { Flag, SLOT_WORDS, Slot, TICKET_MASK, WAITING_AGAIN, WAITING_HIGH } from './slot-layout.js';
import type { Told } from './told.js';

/** A record waits so long for that of the other end; twice as long if it tells neither a beginning nor an outcome. */
export const HOLD_MS = 700;
const NEWS = FlowState.opened | FlowState.outcomeFinal;

export interface WaitingRoomOptions {
  readonly table: ConnectionTable;
  readonly ring: PendingRing;
  readonly sources: FlowSources;
  readonly aliases: Aliases;
  readonly expectation: Expectation;
  readonly completeness: Completeness;
  readonly emitter: FlowEmitter;
}

/**
 * Where a connection's records of a window wait for one another, so that they leave in one flow: the first in the ring,
 * as its time counts, what follows before all is told folded to it.
 */
export class WaitingRoom {
  readonly #of: WaitingRoomOptions;
  readonly #table: ConnectionTable;
  readonly #ring: PendingRing;
  readonly #expectation: Expectation;
  readonly #completeness: Completeness;
  readonly #emitter: FlowEmitter;
  readonly #folded = new FoldedRecords();
  readonly #sum: RecordSum;
  /** Rare values of records in the ring, by slot. */
  readonly #extras = new Map<number, RowExtras>();
  readonly #low: Told = { at: -1, extras: undefined };
  readonly #high: Told = { at: -1, extras: undefined };

  constructor(options: WaitingRoomOptions) {
    this.#of = options;
    this.#table = options.table;
    this.#ring = options.ring;
    this.#expectation = options.expectation;
    this.#completeness = options.completeness;
    this.#emitter = options.emitter;
    this.#sum = new RecordSum(options.ring);
  }

  /** Something of the connection waits. */
  holds(slot: number): boolean {
    return this.#table.words[slot * SLOT_WORDS + Slot.ticket] !== 0;
  }

  /**
   * A record of an end: it leaves, together with what waits if that makes all, or waits.
   * @param source index of who numbered it
   * @param first the row is the connection's first
   */
  take(
    columns: FlowColumns,
    row: number,
    slot: number,
    end: number,
    source: number,
    sequence: number,
    extras: RowExtras,
    first: boolean,
    nowMs: number,
  ): void {
    const ring = this.#ring;
    if (this.#table.words[slot * SLOT_WORDS + Slot.ticket] !== 0) {
      ring.write(columns, row, source, sequence, extras, SCRATCH);
      this.#meet(slot, end, extras, nowMs);
    } else if (this.#expectation.expects(columns, row, slot, end, first)) {
      const ticket = ring.push(slot, nowMs + HOLD_MS);
      this.#table.words[slot * SLOT_WORDS + Slot.ticket] = end === 1 ? ticket | WAITING_HIGH : ticket;
      if (extras.rare) this.#extras.set(slot, extras.copy());
      ring.write(columns, row, source, sequence, extras, ring.at(ticket));
    } else {
      ring.write(columns, row, source, sequence, extras, SCRATCH);
      this.#emitOne(slot, end, SCRATCH, extras, nowMs);
    }
  }

  /**
   * The scratch record as a hop's leaves with what waits.
   * @returns false: it cannot, because nothing does, or because a NAT makes its addresses others
   */
  takeHop(slot: number, extras: RowExtras): boolean {
    const { words } = this.#table;
    const base = slot * SLOT_WORDS;
    if (words[base + Slot.ticket] === 0 || words[base + Slot.link] !== 0) return false;
    return this.#folded.add(slot, HOP, this.#ring.words, extras);
  }

  /** The time of a connection whose record is due is over. */
  expire(slot: number, nowMs: number): void {
    if (this.#mayWaitAgain(slot)) {
      this.#waitAgain(slot, nowMs);
      return;
    }
    const end = this.#waitingEnd(slot);
    const isAlone = !this.#folded.of(slot).some((record) => record.end === 1 - end);
    if (isAlone) this.#expectation.waitedAlone(slot, end, nowMs);
    this.letGo(slot, nowMs);
  }

  /** What waits of a connection leaves. */
  letGo(slot: number, nowMs: number): void {
    if (this.#folded.has(slot)) {
      this.#sumUp(slot);
      this.#emitSum(slot, nowMs);
      return;
    }
    const end = this.#waitingEnd(slot);
    const at = this.#waitingAt(slot);
    this.#emitOne(slot, end, at, this.#takeWaiting(slot), nowMs);
  }

  /** What waits of an end was a hop's. */
  becomesHop(slot: number, end: number, nowMs: number): void {
    if (!this.holds(slot)) return;
    const look = this.#of.aliases.ownSlot(slot, end);
    const records = this.#folded.take(slot);
    const isFirst = this.#waitingEnd(slot) === end;
    if (isFirst) {
      const at = this.#waitingAt(slot);
      this.#emitter.emitHop(slot, look, { at, extras: this.#takeWaiting(slot) });
    }
    for (const record of records) {
      if (record.end === end) this.#emitFoldedHop(slot, look, record);
      else if (this.holds(slot)) this.#folded.put(slot, record);
      else if (record.end === HOP) this.#emitFoldedHop(slot, slot, record);
      else this.#restart(slot, record, nowMs);
    }
  }

  #meet(slot: number, end: number, extras: RowExtras, nowMs: number): void {
    if (this.#waitingEnd(slot) === end || this.#folded.has(slot)) {
      this.#meetSeveral(slot, end, extras, nowMs);
      return;
    }
    const at = this.#waitingAt(slot);
    const low = end === 0 ? SCRATCH : at;
    const high = end === 0 ? at : SCRATCH;
    if (
      this.#completeness.isWhole(slot, low, high, nowMs) ||
      !this.#folded.add(slot, end, this.#ring.words, extras)
    )
      this.#emitBoth(slot, end, at, extras, nowMs);
  }

  #meetSeveral(slot: number, end: number, extras: RowExtras, nowMs: number): void {
    const sum = this.#sum;
    this.#sumUp(slot);
    sum.add(SCRATCH, end, extras);
    const isWhole = sum.hasBoth && this.#completeness.isWhole(slot, sum.low.at, sum.high.at, nowMs);
    if (isWhole || !this.#folded.add(slot, end, this.#ring.words, extras)) this.#emitSum(slot, nowMs);
  }

  /** Sums up all that waits of a connection. */
  #sumUp(slot: number): void {
    const sum = this.#sum;
    sum.begin();
    sum.add(this.#waitingAt(slot), this.#waitingEnd(slot), this.#extras.get(slot));
    for (const record of this.#folded.of(slot)) sum.addFolded(record);
  }

  /** Emits what was summed up. */
  #emitSum(slot: number, nowMs: number): void {
    const { low, high, hasBoth } = this.#sum;
    this.#folded.take(slot);
    this.#takeWaiting(slot);
    const end = low.at >= 0 ? 0 : 1;
    const at = end === 0 ? low.at : high.at;
    const missing = !hasBoth && this.#expectation.isMissing(slot, end, at, nowMs);
    this.#emitter.emit(slot, low, high, missing, nowMs, this.#sum);
  }

  /** Emits the scratch record and that of the other end. */
  #emitBoth(slot: number, end: number, at: number, extras: RowExtras, nowMs: number): void {
    const own = end === 0 ? this.#low : this.#high;
    const other = end === 0 ? this.#high : this.#low;
    own.at = SCRATCH;
    own.extras = extras;
    other.at = at;
    other.extras = this.#takeWaiting(slot);
    this.#emitter.emit(slot, this.#low, this.#high, false, nowMs);
  }

  #emitOne(slot: number, end: number, at: number, extras: RowExtras | undefined, nowMs: number): void {
    const own = end === 0 ? this.#low : this.#high;
    const other = end === 0 ? this.#high : this.#low;
    own.at = at;
    own.extras = extras;
    other.at = -1;
    other.extras = undefined;
    this.#emitter.emit(slot, this.#low, this.#high, this.#expectation.isMissing(slot, end, at, nowMs), nowMs);
  }

  #emitFoldedHop(slot: number, look: number, { words, extras }: FoldedRecord): void {
    this.#ring.words.set(words, SCRATCH);
    this.#emitter.emitHop(slot, look, { at: SCRATCH, extras });
  }

  /** Of both ends something is known, the other's agent is there, and nobody is in a hurry. */
  #mayWaitAgain(slot: number): boolean {
    const { words } = this.#table;
    const base = slot * SLOT_WORDS;
    const other = 1 - this.#waitingEnd(slot);
    if (words[base + Slot.ticket]! & WAITING_AGAIN || this.#folded.has(slot)) return false;
    if (!(words[base + Slot.flags]! & (Flag.seen << other))) return false;
    if (this.#ring.words[this.#waitingAt(slot) + Rec.state]! & NEWS) return false;
    return this.#of.sources.get(words[base + Slot.source + other]! - 1).connected;
  }

  #waitAgain(slot: number, nowMs: number): void {
    const ring = this.#ring;
    const { words } = this.#table;
    const at = slot * SLOT_WORDS + Slot.ticket;
    const before = words[at]!;
    const ticket = ring.push(slot, nowMs + HOLD_MS);
    ring.copy(ring.at(before & TICKET_MASK), ring.at(ticket));
    ring.strike(before & TICKET_MASK);
    words[at] = ticket | WAITING_AGAIN | (before & WAITING_HIGH);
  }

  /** A record that was folded to another one waits on its own. */
  #restart(slot: number, { end, words, extras }: FoldedRecord, nowMs: number): void {
    const ring = this.#ring;
    const ticket = ring.push(slot, nowMs + HOLD_MS);
    ring.words.set(words, SCRATCH);
    ring.copy(SCRATCH, ring.at(ticket));
    this.#table.words[slot * SLOT_WORDS + Slot.ticket] = end === 1 ? ticket | WAITING_HIGH : ticket;
    if (extras.rare) this.#extras.set(slot, extras);
  }

  /** The end whose record waits in the ring. */
  #waitingEnd(slot: number): number {
    return this.#table.words[slot * SLOT_WORDS + Slot.ticket]! >>> 31;
  }

  /** Where the record is that waits in the ring. */
  #waitingAt(slot: number): number {
    return this.#ring.at(this.#table.words[slot * SLOT_WORDS + Slot.ticket]! & TICKET_MASK);
  }

  /** The record in the ring no longer waits. @returns its rare values */
  #takeWaiting(slot: number): RowExtras | undefined {
    const { words } = this.#table;
    const at = slot * SLOT_WORDS + Slot.ticket;
    this.#ring.strike(words[at]! & TICKET_MASK);
    words[at] = 0;
    if (this.#extras.size === 0) return undefined;
    const extras = this.#extras.get(slot);
    if (extras) this.#extras.delete(slot);
    return extras;
  }
}
