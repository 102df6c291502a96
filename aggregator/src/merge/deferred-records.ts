import { ENTRY_WORDS, SCRATCH } from './record-layout.js';
import type { RowExtras } from './row-extras.js';

/** Beyond these a record is not deferred. About 1 MiB. */
const MOST = 4_096;

interface Deferred {
  readonly words: Int32Array;
  readonly extras: RowExtras;
}

/**
 * Records of an end whose record before still waits for the other end's first, at most one each: a connection that
 * ends at once is told with both of its ends though one agent is slower. They leave right after the record before, and
 * never wait on their own: acknowledgements follow what waits (ingest/ack-marks.ts).
 */
export class DeferredRecords {
  readonly #bySlot = new Map<number, Deferred>();

  get isEmpty(): boolean {
    return this.#bySlot.size === 0;
  }

  /** Keeps the scratch record for a connection. @param words the pending ring's  @returns whether there was room */
  add(slot: number, words: Int32Array, extras: RowExtras): boolean {
    if (this.#bySlot.size === MOST || this.#bySlot.has(slot)) return false;
    this.#bySlot.set(slot, { words: words.slice(SCRATCH, SCRATCH + ENTRY_WORDS), extras: extras.copy() });
    return true;
  }

  /** Makes a connection's record the scratch record. @returns its rare values, undefined: it has none deferred */
  take(slot: number, words: Int32Array): RowExtras | undefined {
    const deferred = this.#bySlot.get(slot);
    if (!deferred) return undefined;
    this.#bySlot.delete(slot);
    words.set(deferred.words, SCRATCH);
    return deferred.extras;
  }
}
