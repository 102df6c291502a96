import { SlotIndex } from './slot-index.js';
import { Flag, SLOT_BYTES, SLOT_WORDS, Slot } from './slot-layout.js';

/**
 * The memory of all live connections. The whole buffer is reserved at once and becomes resident page by page as slots
 * are used, lowest first: nothing is ever copied to grow. Slot 0 is never a connection; its record is scratch space.
 */
export class ConnectionTable {
  readonly words: Uint32Array;
  readonly signed: Int32Array;
  readonly doubles: Float64Array;
  readonly index = new SlotIndex();
  /** Slots below were used at some time. */
  used = 1;
  #free: Uint32Array = new Uint32Array(1_024);
  #freed = 0;

  /** @param capacity slots */
  constructor(readonly capacity: number) {
    const memory = new ArrayBuffer(capacity * SLOT_BYTES);
    this.words = new Uint32Array(memory);
    this.signed = new Int32Array(memory);
    this.doubles = new Float64Array(memory);
  }

  /** Live connections. */
  get count(): number {
    return this.index.count;
  }

  /** A cleared slot, the one freed last if there is one (it is in the caches), or 0 when all are taken. */
  take(): number {
    if (this.#freed > 0) {
      const slot = this.#free[--this.#freed]!;
      this.words.fill(0, slot * SLOT_WORDS, (slot + 1) * SLOT_WORDS);
      return slot;
    }
    return this.used < this.capacity ? this.used++ : 0;
  }

  release(slot: number): void {
    const at = slot * SLOT_WORDS;
    this.index.remove(this.words[at + Slot.hash]!, slot);
    this.words[at + Slot.flags] = 0;
    if (this.#freed === this.#free.length) {
      const larger = new Uint32Array(this.#free.length * 2);
      larger.set(this.#free);
      this.#free = larger;
    }
    this.#free[this.#freed++] = slot;
  }

  /** Whether the slot holds a connection: each has at least one end that was seen. */
  isLive(slot: number): boolean {
    return (this.words[slot * SLOT_WORDS + Slot.flags]! & (Flag.seen | (Flag.seen << 1))) !== 0;
  }
}
