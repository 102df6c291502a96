import type { Decoded } from '../decode/decoded.js';
import { FlowHash } from './flow-hash.js';
import type { KeyBatch } from './key-batch.js';
import {
  FLAG_QUEUES,
  FLAGS,
  FLOW_BYTES,
  Flag,
  HASH,
  isIpv4,
  LOCAL,
  NEXT_FREE,
  NEXT_SEQ,
  ORIGIN,
  PEER,
  PORTS,
  WORDS,
} from './layout.js';

/** A key is never further than this from its place, so a flood of collisions has a bounded cost. */
const MAX_PROBES = 128;

/**
 * The memory of all flows: fixed slots in one buffer and an open-addressing index over them (linear probing, deletion
 * by shifting back, as in Knuth's Algorithm R, TAOCP 6.4).
 *
 * An entry of the index is flow + 1 in its low bits and the hash's high bits above, 0 for none: half the size of a pair
 * means half the memory to fetch. At most two thirds of the entries are taken.
 */
export class FlowStore {
  /** What every packet needs, see layout.ts; `unsigned` and `doubles` lie over the same bytes. */
  readonly words: Int32Array;
  readonly unsigned: Uint32Array;
  readonly doubles: Float64Array;
  /** What few packets need. */
  readonly rare: Int32Array;
  readonly rareDoubles: Float64Array;
  /** Slots below this have been used; the memory above it was never touched. */
  used = 0;
  /** Slots with a flow. */
  live = 0;
  /** Counts flows taken out of the index: while it stays, what lookAhead() found holds. */
  departures = 0;
  readonly hash: FlowHash;
  /** Means nothing; a read without use would be optimised away. */
  touched = 0;

  readonly #index: Int32Array;
  readonly #mask: number;
  /** The bits of an entry that hold flow + 1. */
  readonly #flowMask: number;
  #free = 0;

  /** Bytes that a store of so many flows takes. */
  static bytes(capacity: number): number {
    return capacity * FLOW_BYTES + indexSlots(capacity) * 4;
  }

  constructor(
    readonly capacity: number,
    seed: number,
  ) {
    this.words = new Int32Array(capacity * WORDS);
    this.unsigned = new Uint32Array(this.words.buffer);
    this.doubles = new Float64Array(this.words.buffer);
    this.rare = new Int32Array(capacity * WORDS);
    this.rareDoubles = new Float64Array(this.rare.buffer);
    const slots = indexSlots(capacity);
    this.#index = new Int32Array(slots);
    this.#flowMask = 2 ** Math.ceil(Math.log2(capacity + 1)) - 1;
    this.#mask = slots - 1;
    this.hash = new FlowHash(seed);
  }

  /**
   * Finds the flows of several packets as far as they are where their hashes lead. Loops so short that the processor
   * fetches what they need from memory all at the same time, instead of one after the other.
   */
  lookAhead(packets: readonly Decoded[], count: number, keys: KeyBatch): void {
    const { hashes, guesses, flows } = keys;
    const index = this.#index;
    const words = this.words;
    const mask = this.#mask;
    const flowMask = this.#flowMask;
    for (let i = 0; i < count; i++) guesses[i] = index[hashes[i]! & mask]! & flowMask;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const base = Math.max(0, guesses[i]! - 1) * WORDS; // without a guess the first flow stands in
      sum ^= words[base]! ^ words[base + NEXT_SEQ]!;
    }
    this.touched = sum;
    for (let i = 0; i < count; i++) {
      const flow = guesses[i]! - 1;
      const found =
        flow >= 0 && this.#is(flow, packets[i]!, keys.directions[i]!, keys.ports[i]!, keys.origins[i]!);
      flows[i] = found ? flow : -1;
    }
  }

  /**
   * The flow of a packet, or -1.
   *
   * @param direction 0 if the packet's source is the key's local side, 1 if its target is
   * @param ports local << 16 | peer
   * @param origin see originOf()
   */
  find(hash: number, packet: Decoded, direction: number, ports: number, origin: number): number {
    const index = this.#index;
    const flowMask = this.#flowMask;
    let at = hash & this.#mask;
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const entry = index[at]!;
      if (entry === 0) return -1;
      if (((entry ^ hash) & ~flowMask) === 0) {
        const flow = (entry & flowMask) - 1;
        if (this.#is(flow, packet, direction, ports, origin)) return flow;
      }
      at = (at + 1) & this.#mask;
    }
    return -1;
  }

  /** Few branches: nearly always it is the flow. Of IPv4 addresses the last word says all. */
  #is(flow: number, packet: Decoded, direction: number, ports: number, origin: number): boolean {
    const words = this.words;
    const base = flow * WORDS;
    const source = base + direction * (PEER - LOCAL);
    const target = base + PEER - direction * (PEER - LOCAL);
    const differs =
      (words[base + PORTS]! ^ ports) |
      (words[base + ORIGIN]! ^ origin) |
      (words[source + 3]! ^ packet.src3) |
      (words[target + 3]! ^ packet.dst3);
    if (differs !== 0 || isIpv4(origin)) return differs === 0;
    const above =
      (words[source]! ^ packet.src0) |
      (words[source + 1]! ^ packet.src1) |
      (words[source + 2]! ^ packet.src2) |
      (words[target]! ^ packet.dst0) |
      (words[target + 1]! ^ packet.dst1) |
      (words[target + 2]! ^ packet.dst2);
    return above === 0;
  }

  /** A new flow, zeroed, with the key that find() did not find. @returns -1 if there is no room */
  create(hash: number, packet: Decoded, direction: number, ports: number, origin: number): number {
    const at = this.#place(hash);
    if (at < 0) return -1;
    const flow = this.#take();
    if (flow < 0) return -1;
    this.#index[at] = (hash & ~this.#flowMask) | (flow + 1);
    const words = this.words;
    const base = flow * WORDS;
    const queues = words[base + FLAGS]! & FLAG_QUEUES;
    words.fill(0, base, base + WORDS);
    this.rare.fill(0, base, base + WORDS);
    words[base + FLAGS] = queues | Flag.live | Flag.indexed;
    this.rare[base + HASH] = hash;
    words[base + PORTS] = ports;
    words[base + ORIGIN] = origin;
    const source = base + direction * (PEER - LOCAL);
    const target = base + PEER - direction * (PEER - LOCAL);
    words[source] = packet.src0;
    words[source + 1] = packet.src1;
    words[source + 2] = packet.src2;
    words[source + 3] = packet.src3;
    words[target] = packet.dst0;
    words[target + 1] = packet.dst1;
    words[target + 2] = packet.dst2;
    words[target + 3] = packet.dst3;
    return flow;
  }

  /** Takes a flow out of the index: it cannot be found any more, but keeps its slot. */
  detach(flow: number): void {
    const base = flow * WORDS;
    const flags = this.words[base + FLAGS]!;
    if (!(flags & Flag.indexed)) return;
    this.words[base + FLAGS] = flags & ~Flag.indexed;
    this.departures++;
    const index = this.#index;
    let at = this.rare[base + HASH]! & this.#mask;
    while ((index[at]! & this.#flowMask) !== flow + 1) at = (at + 1) & this.#mask;
    this.#closeGap(at);
  }

  /** Frees a flow's slot. */
  release(flow: number): void {
    this.detach(flow);
    const base = flow * WORDS;
    this.words[base + FLAGS] = this.words[base + FLAGS]! & FLAG_QUEUES;
    this.rare[base + NEXT_FREE] = this.#free;
    this.#free = flow + 1;
    this.live--;
  }

  isLive(flow: number): boolean {
    return (this.words[flow * WORDS + FLAGS]! & Flag.live) !== 0;
  }

  #take(): number {
    let flow = this.#free - 1;
    if (flow >= 0) this.#free = this.rare[flow * WORDS + NEXT_FREE]!;
    else if (this.used < this.capacity) flow = this.used++;
    else return -1;
    this.live++;
    return flow;
  }

  #place(hash: number): number {
    let at = hash & this.#mask;
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      if (this.#index[at] === 0) return at;
      at = (at + 1) & this.#mask;
    }
    return -1;
  }

  #closeGap(start: number): void {
    const index = this.#index;
    const mask = this.#mask;
    let gap = start;
    let at = start;
    for (;;) {
      at = (at + 1) & mask;
      const entry = index[at]!;
      if (entry === 0) break;
      const home = this.rare[((entry & this.#flowMask) - 1) * WORDS + HASH]!;
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      index[gap] = entry;
      gap = at;
    }
    index[gap] = 0;
  }
}

function indexSlots(capacity: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(16, capacity * 1.5)));
}
