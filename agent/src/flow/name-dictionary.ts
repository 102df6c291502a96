import { type FlowColumns, FlowLimits } from '@snoopy/proto';
import type { DnsPool } from './dns-pool.js';

/** Power of two, four times the most names of a batch. */
const SLOTS = 16_384;

/** The DNS names of the batch being filled, each once. */
export class NameDictionary {
  readonly #slots = new Int32Array(SLOTS);
  readonly #generations = new Int32Array(SLOTS);
  /** Pool entry that holds the bytes of each name; those stay as they are while a batch is filled. */
  readonly #entries = new Int32Array(FlowLimits.names);
  readonly #text: Buffer;
  #generation = 0;

  static readonly bytes = SLOTS * 8 + FlowLimits.names * 4;

  constructor(private readonly pool: DnsPool) {
    this.#text = Buffer.from(pool.names.buffer);
  }

  /** Forgets the last batch. */
  begin(): void {
    this.#generation = (this.#generation + 1) | 0;
  }

  /** Index of an entry's name, added if it is new; -1 if the batch is full. */
  indexOf(columns: FlowColumns, entry: number): number {
    const hash = this.pool.nameHash[entry]!;
    let slot = (hash ^ (hash >>> 16)) & (SLOTS - 1);
    while (this.#generations[slot] === this.#generation) {
      const index = this.#slots[slot]!;
      if (this.#equal(this.#entries[index]!, entry)) return index;
      slot = (slot + 1) & (SLOTS - 1);
    }
    const index = columns.names.length;
    if (index >= FlowLimits.names) return -1;
    this.#generations[slot] = this.#generation;
    this.#slots[slot] = index;
    this.#entries[index] = entry;
    const at = this.pool.nameAt(entry);
    columns.names.push(this.#text.toString('latin1', at, at + this.pool.nameLength[entry]!));
    return index;
  }

  #equal(a: number, b: number): boolean {
    const { names, nameLength, nameHash } = this.pool;
    if (nameHash[a] !== nameHash[b] || nameLength[a] !== nameLength[b]) return false;
    const atA = this.pool.nameAt(a);
    const atB = this.pool.nameAt(b);
    for (let i = nameLength[a]! - 1; i >= 0; i--) if (names[atA + i] !== names[atB + i]) return false;
    return true;
  }
}
