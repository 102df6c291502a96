import type { FlowColumns } from '@snoopy/proto';
import { ENTRY_WORDS, FRONT_ENTRIES, Rec } from './record-layout.js';
import type { RowExtras } from './row-extras.js';

const NONE = -1;
/** Tickets repeat after so many; a power of two far above the ring's size. */
const TICKETS = 2 ** 29;
const FIRST_ENTRIES = 1_024;

/**
 * Records that wait for the other end's, first in, first out. All wait equally long, so the oldest is due first. What
 * no longer waits is struck out here, so that nobody looks at its slot again. The ring starts small and grows: what
 * it holds stays in the processor's caches, and over its largest size all of it would stay in memory.
 *
 * One entry is 24 words (record-layout.ts); before the first stand some for records that do not wait.
 */
export class PendingRing {
  words: Int32Array;
  counts: Uint32Array;
  doubles: Float64Array;
  #mask = FIRST_ENTRIES - 1;
  #head = 0;
  #tail = 0;

  constructor() {
    const memory = new ArrayBuffer((FIRST_ENTRIES + FRONT_ENTRIES) * ENTRY_WORDS * 4);
    this.words = new Int32Array(memory);
    this.counts = new Uint32Array(memory);
    this.doubles = new Float64Array(memory);
  }

  /** Position of the next record that begins to wait. */
  get tail(): number {
    return this.#tail;
  }

  /** Every record below it no longer waits. */
  get head(): number {
    return this.#head;
  }

  /** Lets a record wait, to be written at `at(ticket)`. @returns a ticket, never 0 and at most 2^29 */
  push(slot: number, dueMs: number): number {
    if (this.#tail - this.#head > this.#mask) this.#grow();
    const ticket = (this.#tail % TICKETS) + 1;
    const at = this.at(ticket);
    this.words[at + Rec.slot] = slot;
    this.doubles[(at >> 1) + Rec.dueMsDouble] = dueMs;
    this.#tail++;
    return ticket;
  }

  /** Where the record with a ticket is; it stays there until another one is let in. */
  at(ticket: number): number {
    return (((ticket - 1) & this.#mask) + FRONT_ENTRIES) * ENTRY_WORDS;
  }

  /** Copies a record, but not when it is due and whose it is. */
  copy(from: number, to: number): void {
    this.words.copyWithin(to, from, from + Rec.slot);
    this.doubles[(to >> 1) + Rec.lastUsDouble] = this.doubles[(from >> 1) + Rec.lastUsDouble]!;
  }

  /** The record no longer waits. */
  strike(ticket: number): void {
    this.words[this.at(ticket) + Rec.slot] = NONE;
    while (this.#head < this.#tail && this.words[this.#entry(this.#head) + Rec.slot] === NONE) this.#head++;
  }

  /** The slot whose record is due, or -1. It must be struck out before the next call. */
  due(nowMs: number): number {
    if (this.#head === this.#tail) return NONE;
    const at = this.#entry(this.#head);
    return this.doubles[(at >> 1) + Rec.dueMsDouble]! <= nowMs ? this.words[at + Rec.slot]! : NONE;
  }

  /** Writes a row's record. @param source index of who numbered it  @param at from `at`, or SCRATCH */
  write(
    columns: FlowColumns,
    row: number,
    source: number,
    sequence: number,
    extras: RowExtras,
    at: number,
  ): void {
    const { words, counts, doubles } = this;
    const d = at >> 1;
    words[at + Rec.state] = columns.state[row]!;
    counts[at + Rec.durationUs] = columns.durationUs[row]!;
    counts[at + Rec.handshakeUs] = extras.handshakeUs;
    counts[at + Rec.rttUs] = extras.rttUs;
    counts[at + Rec.sentPackets] = columns.sentPackets[row]!;
    counts[at + Rec.receivedPackets] = columns.receivedPackets[row]!;
    counts[at + Rec.sentSegments] = columns.sentSegments[row]!;
    counts[at + Rec.receivedSegments] = columns.receivedSegments[row]!;
    words[at + Rec.source] = source;
    doubles[d + Rec.lastUsDouble] = columns.lastUs[row]!;
    doubles[d + Rec.sequenceDouble] = sequence;
    doubles[d + Rec.sentBytesDouble] = columns.sentBytes[row]!;
    doubles[d + Rec.receivedBytesDouble] = columns.receivedBytes[row]!;
    doubles[d + Rec.sentPayloadDouble] = columns.sentPayload[row]!;
    doubles[d + Rec.receivedPayloadDouble] = columns.receivedPayload[row]!;
  }

  #entry(position: number): number {
    return ((position & this.#mask) + FRONT_ENTRIES) * ENTRY_WORDS;
  }

  #grow(): void {
    const old = this.words;
    const oldMask = this.#mask;
    const entries = (oldMask + 1) * 2;
    const memory = new ArrayBuffer((entries + FRONT_ENTRIES) * ENTRY_WORDS * 4);
    this.words = new Int32Array(memory);
    this.counts = new Uint32Array(memory);
    this.doubles = new Float64Array(memory);
    this.#mask = entries - 1;
    this.words.set(old.subarray(0, FRONT_ENTRIES * ENTRY_WORDS));
    for (let position = this.#head; position < this.#tail; position++) {
      const from = ((position & oldMask) + FRONT_ENTRIES) * ENTRY_WORDS;
      this.words.set(old.subarray(from, from + ENTRY_WORDS), this.#entry(position));
    }
  }
}
