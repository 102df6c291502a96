import { type FlowColumns, FlowLimits } from '@snoopy/proto';

/** Power of two, four times the most addresses of a batch. */
const SLOTS = 32_768;

/** The addresses of the batch being filled, each once; looks them up without allocating. */
export class AddressDictionary {
  readonly #slots = new Int32Array(SLOTS);
  /** Slots of earlier batches hold a smaller number. */
  readonly #generations = new Int32Array(SLOTS);
  readonly #words = new Int32Array(FlowLimits.addresses * 4);
  #generation = 0;

  static readonly bytes = SLOTS * 8 + FlowLimits.addresses * 16;

  /** Forgets the last batch. */
  begin(): void {
    this.#generation = (this.#generation + 1) | 0;
  }

  /** Addresses that still fit. */
  room(columns: FlowColumns): number {
    return Math.min(columns.addressBytes.length >>> 4, FlowLimits.addresses) - columns.addresses;
  }

  /** Index of the address at `words[at … at + 3]`; added if it is new. The caller sees to it that there is room. */
  indexOf(columns: FlowColumns, words: Int32Array, at: number): number {
    let h = Math.imul(words[at + 3]! ^ Math.imul(words[at + 2]!, 0x85ebca6b), 0x9e3779b1);
    h ^= Math.imul(words[at + 1]! ^ Math.imul(words[at]!, 0xc2b2ae35), 0x27d4eb2f);
    let slot = (h ^ (h >>> 15)) & (SLOTS - 1);
    while (this.#generations[slot] === this.#generation) {
      const index = this.#slots[slot]!;
      if (this.#equals(index, words, at)) return index;
      slot = (slot + 1) & (SLOTS - 1);
    }
    this.#generations[slot] = this.#generation;
    this.#slots[slot] = columns.addresses;
    return this.#append(columns, words, at);
  }

  #equals(index: number, words: Int32Array, at: number): boolean {
    const own = this.#words;
    const from = index * 4;
    for (let i = 3; i >= 0; i--) if (own[from + i] !== words[at + i]) return false;
    return true;
  }

  #append(columns: FlowColumns, words: Int32Array, at: number): number {
    const index = columns.addresses++;
    const bytes = columns.addressBytes;
    for (let i = 0; i < 4; i++) {
      const word = words[at + i]!;
      const to = index * 16 + i * 4;
      this.#words[index * 4 + i] = word;
      bytes[to] = word >>> 24;
      bytes[to + 1] = word >>> 16;
      bytes[to + 2] = word >>> 8;
      bytes[to + 3] = word;
    }
    return index;
  }
}
