import { FlowState } from '@snoopy/proto';
import { isToMany } from './address-kind.js';
import type { BatchContext } from './batch-context.js';
import type { ConnectionTable } from './connection-table.js';
import type { PendingRing } from './pending-ring.js';
import { Flag, SLOT_WORDS, Slot, TICKET_MASK } from './slot-layout.js';

/** Rows that `touch` takes at once. */
export const MOST_TOUCHED = 64;

/** Finds the connection that a row belongs to. */
export class SlotFinder {
  readonly #table: ConnectionTable;
  readonly #context: BatchContext;
  /** Of the rows touched last: the hash of each, and where in the index it is or would be. */
  readonly #hashes = new Int32Array(MOST_TOUCHED);
  readonly #places = new Int32Array(MOST_TOUCHED);
  /** Where what `touch` found begins: slots, then records. */
  readonly #bases = new Int32Array(MOST_TOUCHED);

  constructor(table: ConnectionTable, context: BatchContext) {
    this.#table = table;
    this.#context = context;
  }

  /**
   * Computes the hashes of some rows and touches what they will need: index entries first, then slots, then what waits.
   * Each loop does one thing, so that no branch that goes wrong keeps the processor from loading far ahead.
   */
  touch(start: number, end: number, ring: PendingRing): number {
    const { words, index } = this.#table;
    const { pairs, mask } = index;
    const bases = this.#bases;
    const hashes = this.#hashes;
    const places = this.#places;
    const count = end - start;
    let sum = 0;
    for (let i = 0; i < count; i++) hashes[i] = this.#context.hashOf(start + i);
    for (let i = 0; i < count; i++) sum ^= pairs[(hashes[i]! & mask) * 2]!;
    for (let i = 0; i < count; i++) {
      const hash = hashes[i]!;
      let place = hash & mask;
      while (pairs[place * 2] !== hash && pairs[place * 2 + 1] !== 0) place = (place + 1) & mask;
      places[i] = place;
      bases[i] = Math.max(0, Math.abs(pairs[place * 2 + 1]!) - 1) * SLOT_WORDS;
    }
    for (let i = 0; i < count; i++) sum ^= words[bases[i]!]! ^ words[bases[i]! + 16]!;
    for (let i = 0; i < count; i++) bases[i] = ring.at(words[bases[i]! + Slot.ticket]! & TICKET_MASK);
    for (let i = 0; i < count; i++) sum ^= ring.words[bases[i]!]! ^ ring.words[bases[i]! + 16]!;
    return sum;
  }

  /** Hash of a row. @param i its number among those touched last */
  hashOf(i: number): number {
    return this.#hashes[i]!;
  }

  /** The end that the row's local side is: 0 low, 1 high. Both views come to the same. */
  endOf(row: number): number {
    const { columns, addressHash, addressWords } = this.#context;
    const local = columns.localAddress[row]!;
    const peer = columns.peerAddress[row]!;
    if (addressHash[local] !== addressHash[peer]) return addressHash[local]! < addressHash[peer]! ? 0 : 1;
    for (let i = 0; i < 4; i++) {
      const difference = addressWords[local * 4 + i]! - addressWords[peer * 4 + i]!;
      if (difference !== 0) return difference < 0 ? 0 : 1;
    }
    return columns.localPort[row]! <= columns.peerPort[row]! ? 0 : 1;
  }

  /**
   * @param i number of the row among those touched last
   * @returns the slot, 0: none
   */
  find(row: number, i: number, end: number): number {
    const { pairs } = this.#table.index;
    const hash = this.#hashes[i]!;
    const at = this.#places[i]! * 2;
    // Nearly always it is where it was seen a moment ago and the only one of its hash.
    const entry = pairs[at + 1]!;
    let found = 0;
    if (entry > 0 && pairs[at] === hash && this.#matches(row, end, (entry - 1) * SLOT_WORDS))
      found = entry - 1;
    else found = this.#search(row, hash, end);
    if (found !== 0) this.learnIsns(row, found);
    return found;
  }

  #search(row: number, hash: number, end: number): number {
    const { pairs, mask } = this.#table.index;
    let found = 0;
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const slot = Math.abs(pairs[place * 2 + 1]!) - 1;
      if (slot < 0) break;
      if (pairs[place * 2] !== hash || !this.#matches(row, end, slot * SLOT_WORDS)) continue;
      found = found === 0 ? slot : this.#closer(row, found, slot);
    }
    return found;
  }

  /** Of two connections with the same addresses and ports, the one that began closer in time to a row. */
  #closer(row: number, one: number, other: number): number {
    return this.#timeBetween(row, one) <= this.#timeBetween(row, other) ? one : other;
  }

  /** Fills a cleared slot with what a row says about the connection, but for the sequence numbers. */
  write(row: number, end: number, base: number): void {
    const { words } = this.#table;
    const { columns } = this.#context;
    words[base + Slot.flags] = columns.protocol[row]!;
    const local = columns.localAddress[row]!;
    const peer = columns.peerAddress[row]!;
    this.#copyAddress(end === 0 ? local : peer, base + Slot.low);
    this.#copyAddress(end === 0 ? peer : local, base + Slot.high);
    words[base + Slot.ports] = this.#portsOf(row, end);
    words[base + Slot.firstSeen] = this.#context.startMs(row);
  }

  #portsOf(row: number, end: number): number {
    const { localPort, peerPort } = this.#context.columns;
    const low = end === 0 ? localPort[row]! : peerPort[row]!;
    const high = end === 0 ? peerPort[row]! : localPort[row]!;
    return (low << 16) | high;
  }

  #copyAddress(address: number, to: number): void {
    const { addressWords } = this.#context;
    for (let i = 0; i < 4; i++) this.#table.words[to + i] = addressWords[address * 4 + i]!;
  }

  #timeBetween(row: number, slot: number): number {
    return Math.abs(
      (this.#context.startMs(row) - this.#table.words[slot * SLOT_WORDS + Slot.firstSeen]!) | 0,
    );
  }

  #matches(row: number, end: number, base: number): boolean {
    const { words } = this.#table;
    const { columns } = this.#context;
    if (words[base + Slot.ports] !== this.#portsOf(row, end)) return false;
    const flags = words[base + Slot.flags]!;
    if ((flags & Flag.protocolMask) !== columns.protocol[row]) return false;
    const local = columns.localAddress[row]!;
    const peer = columns.peerAddress[row]!;
    if (!this.#isAddress(end === 0 ? local : peer, base + Slot.low)) return false;
    if (!this.#isAddress(end === 0 ? peer : local, base + Slot.high)) return false;
    return this.#isSameRun(row, end, base, flags);
  }

  #isAddress(address: number, at: number): boolean {
    const { addressWords } = this.#context;
    const { words } = this.#table;
    const from = address * 4;
    return (
      words[at + 3] === addressWords[from + 3] &&
      words[at + 2] === addressWords[from + 2] &&
      words[at + 1] === addressWords[from + 1] &&
      words[at] === addressWords[from]
    );
  }

  /** Whether it is this connection and not another one between the same ports: one that starts after it is over. */
  #isSameRun(row: number, end: number, base: number, flags: number): boolean {
    const { words } = this.#table;
    const { state, clientIsn, serverIsn } = this.#context.columns;
    const bits = state[row]!;
    if (bits & FlowState.hasClientIsn && flags & Flag.hasClientIsn) {
      return (
        words[base + Slot.clientIsn] === (clientIsn[row]! | 0) &&
        (!(bits & FlowState.hasServerIsn && flags & Flag.hasServerIsn) ||
          words[base + Slot.serverIsn] === (serverIsn[row]! | 0))
      );
    }
    return !(bits & FlowState.opened && flags & (Flag.began << end)) || this.#isOneOfMany(row, base, end);
  }

  /** It began for another receiver too, because it goes to many. */
  #isOneOfMany(row: number, base: number, end: number): boolean {
    const { columns, podOf } = this.#context;
    if (this.#table.words[base + Slot.pod + end] === podOf[columns.pod[row]!]) return false;
    return isToMany(columns.addressBytes, columns.localAddress[row]! * 16);
  }

  /** Notes sequence numbers that were not known. */
  learnIsns(row: number, slot: number): void {
    const { words } = this.#table;
    const { state, clientIsn, serverIsn } = this.#context.columns;
    const base = slot * SLOT_WORDS;
    // The two bits stand side by side in both, so one look says what is new.
    const known = (words[base + Slot.flags]! >>> 8) & 3;
    const fresh = (state[row]! >>> 13) & 3 & ~known;
    if (fresh === 0) return;
    if (fresh & 2) words[base + Slot.serverIsn] = serverIsn[row]!;
    words[base + Slot.flags]! |= fresh * Flag.hasClientIsn;
    if (!(fresh & 1)) return;
    words[base + Slot.clientIsn] = clientIsn[row]!;
    if ((words[base + Slot.flags]! & Flag.alias) !== Flag.alias) this.#table.addIsn(slot);
  }
}
