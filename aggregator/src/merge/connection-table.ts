import { Protocol } from '@snoopy/proto';
import { isToMany } from './address-kind.js';
import { hashAddress, hashEnd, hashEnds, hashIsn } from './connection-hash.js';
import { SlotIndex } from './slot-index.js';
import { Alias, Flag, SLOT_BYTES, SLOT_WORDS, Slot } from './slot-layout.js';

/** Connections found by one initial sequence number; chance makes two of them equal once in millions. */
const MOST_OF_ISN = 32;

/**
 * The memory of all live connections. The whole buffer is reserved at once and becomes resident page by page as slots
 * are used, lowest first: nothing is ever copied to grow. Slot 0 is never a connection.
 */
export class ConnectionTable {
  /** Signed, so that every word is a small integer to V8 and never a number on the heap. */
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  readonly bytes: Uint8Array;
  /** Connections and aliases by addresses and ports. */
  readonly index = new SlotIndex();
  /** TCP connections that may be seen otherwise too, by their client's initial sequence number. */
  readonly isns = new SlotIndex();
  /** Slots below were used at some time. */
  used = 1;
  /** Slots that are other looks of a connection. */
  aliases = 0;
  #free: Uint32Array = new Uint32Array(1_024);
  #freed = 0;

  /** @param capacity slots  @param seed of all hashes */
  constructor(
    readonly capacity: number,
    readonly seed: number,
  ) {
    const memory = new ArrayBuffer(capacity * SLOT_BYTES);
    this.words = new Int32Array(memory);
    this.doubles = new Float64Array(memory);
    this.bytes = new Uint8Array(memory);
  }

  /** Live connections. */
  get count(): number {
    return this.index.count - this.aliases;
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

  /** Gives back a slot that is in no index, as `take` gave it. */
  putBack(slot: number): void {
    if (this.#freed === this.#free.length) {
      const larger = new Uint32Array(this.#free.length * 2);
      larger.set(this.#free);
      this.#free = larger;
    }
    this.#free[this.#freed++] = slot;
  }

  /** The client's initial sequence number of a connection became known. */
  addIsn(slot: number): void {
    if (!this.#isWhole(slot)) this.isns.addFew(this.#isnHash(slot), slot, MOST_OF_ISN);
  }

  /** Both ends of a connection were seen by the same addresses and ports: no view with others is missing. */
  dropIsn(slot: number): void {
    if (this.words[slot * SLOT_WORDS + Slot.flags]! & Flag.hasClientIsn)
      this.isns.remove(this.#isnHash(slot), slot);
  }

  /** Forgets a connection and its aliases. */
  release(slot: number): void {
    const { words } = this;
    for (let alias = words[slot * SLOT_WORDS + Slot.link]!; alias !== 0; ) {
      const next = words[alias * SLOT_WORDS + Alias.next]!;
      this.#release(alias);
      this.aliases--;
      alias = next;
    }
    if (!this.#isWhole(slot)) this.dropIsn(slot);
    this.#release(slot);
  }

  /** Whether the slot holds a connection: each has at least one end that was seen, an alias has none. */
  isLive(slot: number): boolean {
    return (this.words[slot * SLOT_WORDS + Slot.flags]! & (Flag.seen | (Flag.seen << 1))) !== 0;
  }

  /** Whether agents may say no last word of it (flow-life.ts there): silence is its end. */
  fades(slot: number): boolean {
    const protocol = this.words[slot * SLOT_WORDS + Slot.flags]! & Flag.protocolMask;
    return protocol !== Protocol.tcp && protocol !== Protocol.sctp;
  }

  /** Whether it goes to more than one receiver. */
  isToMany(slot: number): boolean {
    const at = slot * SLOT_BYTES;
    return isToMany(this.bytes, at + Slot.low * 4) || isToMany(this.bytes, at + Slot.high * 4);
  }

  /** The connection that an alias belongs to; a connection is its own. */
  connectionOf(slot: number): number {
    const base = slot * SLOT_WORDS;
    return (this.words[base + Slot.flags]! & Flag.alias) === Flag.alias
      ? this.words[base + Slot.link]!
      : slot;
  }

  #release(slot: number): void {
    this.index.remove(this.#hash(slot), slot);
    this.words[slot * SLOT_WORDS + Slot.flags] = 0;
    this.putBack(slot);
  }

  #isWhole(slot: number): boolean {
    const base = slot * SLOT_WORDS;
    const both = Flag.seen | (Flag.seen << 1);
    return (this.words[base + Slot.flags]! & both) === both && this.words[base + Slot.link] === 0;
  }

  #isnHash(slot: number): number {
    return hashIsn(this.words[slot * SLOT_WORDS + Slot.clientIsn]!, this.seed);
  }

  #hash(slot: number): number {
    const { words, seed } = this;
    const base = slot * SLOT_WORDS;
    const ports = words[base + Slot.ports]!;
    const low = hashEnd(hashAddress(words, base + Slot.low, seed), ports >>> 16);
    const high = hashEnd(hashAddress(words, base + Slot.high, seed), ports & 0xffff);
    return hashEnds(low, high, words[base + Slot.flags]! & Flag.protocolMask);
  }
}
