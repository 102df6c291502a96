import { FlowState, Protocol } from '@snoopy/proto';
import type { ConnectionTable } from './connection-table.js';
import type { FlowSources } from './flow-source.js';
import type { PendingRing } from './pending-ring.js';
import { Rec } from './record-layout.js';
import { tellsEnd } from './row-state.js';
import { Flag, SLOT_WORDS, Slot, TWO_BITS } from './slot-layout.js';

const LOW = 1;
const HIGH = 2;

/** Agents cut rows at multiples of this of the wall clock, and in a silence of `QUIET_US` (agent/src/flow/timeouts.ts). */
const WINDOW_US = 5_000_000;
const QUIET_US = 250_000;

export interface CompletenessOptions {
  readonly table: ConnectionTable;
  readonly ring: PendingRing;
  readonly sources: FlowSources;
  /** Now, on both clocks. */
  readonly startMs: number;
  readonly startUs: number;
}

/**
 * Whether both ends have told all of a window, once each has told something.
 *
 * Agents cut their rows each for itself: one may tell in two rows what the other tells in one. That more is on its way
 * is seen from three things: one end says that the connection is over and the other does not yet; the ends' payload
 * differs though all of it came within the silence that agents wait for, so it was cut while packets were still to be
 * read; or it differs and the window has just ended, which makes agents tell the rest. What differs otherwise is a
 * busy connection cut at two moments, whose rest comes with the next window.
 */
export class Completeness {
  readonly #of: CompletenessOptions;
  readonly #table: ConnectionTable;
  readonly #ring: PendingRing;

  constructor(options: CompletenessOptions) {
    this.#of = options;
    this.#table = options.table;
    this.#ring = options.ring;
  }

  /** @param low, high where each end's record is, or the sum of its records */
  isWhole(slot: number, low: number, high: number, nowMs: number): boolean {
    const flags = this.#table.words[slot * SLOT_WORDS + Slot.flags]!;
    const ended = (flags >>> Flag.endedShift) & TWO_BITS;
    if ((ended === LOW || ended === HIGH) && this.#endsSoon(slot, ended, low, high)) return false;
    const { doubles } = this.#ring;
    const l = low >> 1;
    const h = high >> 1;
    if (
      doubles[l + Rec.sentPayloadDouble] !== doubles[h + Rec.receivedPayloadDouble] ||
      doubles[l + Rec.receivedPayloadDouble] !== doubles[h + Rec.sentPayloadDouble]
    )
      return !this.#hasMore(low, high, nowMs);
    return (flags & Flag.protocolMask) === Protocol.tcp || !this.#table.isToMany(slot);
  }

  /** Whether the end that has not said so yet will say that the connection is over. @param ended the other */
  #endsSoon(slot: number, ended: number, low: number, high: number): boolean {
    const state = this.#ring.words[(ended === LOW ? low : high) + Rec.state]!;
    const late = ended === LOW ? 1 : 0;
    const source = this.#table.words[slot * SLOT_WORDS + Slot.source + late]!;
    return tellsEnd(state) && this.#of.sources.get(source - 1).connected;
  }

  #hasMore(low: number, high: number, nowMs: number): boolean {
    const { words, counts, doubles } = this.#ring;
    if ((words[low + Rec.state]! ^ words[high + Rec.state]!) & FlowState.fromSocket) return false;
    if (counts[low + Rec.durationUs]! < QUIET_US && counts[high + Rec.durationUs]! < QUIET_US) return true;
    const { startMs, startUs } = this.#of;
    const nowUs = startUs + (nowMs - startMs) * 1_000;
    const l = doubles[(low >> 1) + Rec.lastUsDouble]!;
    const h = doubles[(high >> 1) + Rec.lastUsDouble]!;
    return Math.floor(Math.max(l, h) / WINDOW_US) === Math.floor(nowUs / WINDOW_US) - 1;
  }
}
