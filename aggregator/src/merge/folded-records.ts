import { ENTRY_WORDS, MOST_VIEWS, SCRATCH } from './record-layout.js';
import type { RowExtras } from './row-extras.js';

/** Beyond these nothing is folded. About 1 MiB. */
const MOST = 4_096;
/** Of one flow: the record that waits and the one that arrives are its views too. */
const MOST_EACH = MOST_VIEWS - 2;

/** In place of an end: an interface between the two. */
export const HOP = 2;

export interface FoldedRecord {
  /** 0 low, 1 high, or `HOP`. */
  readonly end: number;
  readonly words: Int32Array;
  readonly extras: RowExtras;
}

const none: readonly FoldedRecord[] = [];

/**
 * Records that will leave together with one that waits: of the same end, or of the other that has more to say. They do
 * not wait on their own, because acknowledgements follow what waits (ingest/ack-marks.ts).
 */
export class FoldedRecords {
  readonly #bySlot = new Map<number, FoldedRecord[]>();
  #count = 0;

  has(slot: number): boolean {
    return this.#count !== 0 && this.#bySlot.has(slot);
  }

  /** In the order of arrival. */
  of(slot: number): readonly FoldedRecord[] {
    return this.#bySlot.get(slot) ?? none;
  }

  /** Keeps the scratch record for a connection. @param words the pending ring's  @returns whether there was room */
  add(slot: number, end: number, words: Int32Array, extras: RowExtras): boolean {
    if (this.#count === MOST || this.of(slot).length === MOST_EACH) return false;
    this.put(slot, { end, words: words.slice(SCRATCH, SCRATCH + ENTRY_WORDS), extras: extras.copy() });
    return true;
  }

  /** Keeps a record that was taken. */
  put(slot: number, record: FoldedRecord): void {
    this.#count++;
    const records = this.#bySlot.get(slot);
    if (records) records.push(record);
    else this.#bySlot.set(slot, [record]);
  }

  /** A connection's records, which are kept no more. */
  take(slot: number): readonly FoldedRecord[] {
    if (this.#count === 0) return none;
    const records = this.of(slot);
    this.#count -= records.length;
    this.#bySlot.delete(slot);
    return records;
  }
}
