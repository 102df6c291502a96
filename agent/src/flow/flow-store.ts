import type { Decoded } from '../decode/decoded.js';
import {
  FLAG_QUEUES,
  FLAGS,
  FLOW_BYTES,
  Flag,
  HASH,
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
/** Packets that lookAhead() takes. */
export const LOOK_AHEAD = 16;

/**
 * The memory of all flows: fixed slots in one buffer and an open-addressing index over them (linear probing, deletion
 * by shifting back, as in Knuth's Algorithm R, TAOCP 6.4).
 *
 * The index holds pairs (hash, flow + 1) and is at most two thirds full. The hash multiplies by numbers made from the
 * seed, so that an outsider cannot aim for one place.
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
  /** Means nothing; a read without use would be optimised away. */
  touched = 0;

  readonly #index: Int32Array;
  readonly #mask: number;
  readonly #seed: number;
  // multipliers, as fields because a typed array would be checked at each read
  readonly #m0: number;
  readonly #m1: number;
  readonly #m2: number;
  readonly #m3: number;
  readonly #m4: number;
  readonly #m5: number;
  readonly #m6: number;
  readonly #m7: number;
  readonly #guesses = new Int32Array(LOOK_AHEAD);
  #free = 0;

  /** Bytes that a store of so many flows takes. */
  static bytes(capacity: number): number {
    return capacity * FLOW_BYTES + indexSlots(capacity) * 8;
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
    this.#index = new Int32Array(slots * 2);
    this.#mask = slots - 1;
    this.#seed = seed | 0;
    const keys = hashKeys(seed);
    this.#m0 = keys[0]!;
    this.#m1 = keys[1]!;
    this.#m2 = keys[2]!;
    this.#m3 = keys[3]!;
    this.#m4 = keys[4]!;
    this.#m5 = keys[5]!;
    this.#m6 = keys[6]!;
    this.#m7 = keys[7]!;
  }

  /**
   * Hash of a key. Each word is multiplied and its high bits are folded down, all side by side; then the sides are told apart.
   * No branch depends on the packet, here and wherever a direction selects: it would be mispredicted half of the time.
   */
  hash(packet: Decoded, direction: number, ports: number, origin: number): number {
    const seed = this.#seed;
    let a = Math.imul(packet.src3 ^ seed, this.#m3);
    let b = Math.imul(packet.dst3 ^ seed, this.#m3);
    a ^= a >>> 15;
    b ^= b >>> 15;
    a = (a + Math.imul(packet.src2 ^ seed, this.#m2)) | 0;
    b = (b + Math.imul(packet.dst2 ^ seed, this.#m2)) | 0;
    a = ((a ^ (a >>> 13)) + Math.imul(packet.src1 ^ seed, this.#m1)) | 0;
    b = ((b ^ (b >>> 13)) + Math.imul(packet.dst1 ^ seed, this.#m1)) | 0;
    a = ((a ^ (a >>> 11)) + Math.imul(packet.src0 ^ seed, this.#m0)) | 0;
    b = ((b ^ (b >>> 11)) + Math.imul(packet.dst0 ^ seed, this.#m0)) | 0;
    const swap = (a ^ b) & -direction;
    const local = a ^ swap;
    const peer = b ^ swap;
    let h = Math.imul(local ^ (local >>> 15) ^ ports, this.#m4);
    h ^= Math.imul(peer ^ (peer >>> 15) ^ origin, this.#m5);
    h = Math.imul(h ^ (h >>> 16), this.#m6);
    return Math.imul(h ^ (h >>> 15), this.#m7);
  }

  /**
   * Reads what find() and every packet of its flow will need, for several packets at once: loops so short that the
   * processor fetches all of it from memory at the same time, instead of one after the other.
   *
   * @param hashes the first `count` of them; at most LOOK_AHEAD
   */
  lookAhead(hashes: Int32Array, count: number): void {
    const index = this.#index;
    const mask = this.#mask;
    const guesses = this.#guesses;
    for (let i = 0; i < count; i++) guesses[i] = index[(hashes[i]! & mask) * 2 + 1]!;
    const words = this.words;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      // flow + 1, or 0 for none: the first flow then stands in
      const base = Math.max(0, guesses[i]! - 1) * WORDS;
      sum ^= words[base]! ^ words[base + NEXT_SEQ]!;
    }
    this.touched = sum;
  }

  /**
   * The flow of a packet, or -1. The key's local side is the packet's source if it was sent, else its target.
   *
   * @param hash of all the rest
   * @param ports local << 16 | peer
   * @param origin capture << 8 | protocol
   */
  find(hash: number, packet: Decoded, direction: number, ports: number, origin: number): number {
    const index = this.#index;
    const words = this.words;
    let at = hash & this.#mask;
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const flow = index[at * 2 + 1]! - 1;
      if (flow < 0) return -1;
      if (index[at * 2] === hash) {
        const base = flow * WORDS;
        const source = base + direction * (PEER - LOCAL);
        const target = base + PEER - direction * (PEER - LOCAL);
        // one branch instead of ten: nearly always it is the flow
        const differs =
          (words[base + PORTS]! ^ ports) |
          (words[base + ORIGIN]! ^ origin) |
          (words[source]! ^ packet.src0) |
          (words[source + 1]! ^ packet.src1) |
          (words[source + 2]! ^ packet.src2) |
          (words[source + 3]! ^ packet.src3) |
          (words[target]! ^ packet.dst0) |
          (words[target + 1]! ^ packet.dst1) |
          (words[target + 2]! ^ packet.dst2) |
          (words[target + 3]! ^ packet.dst3);
        if (differs === 0) return flow;
      }
      at = (at + 1) & this.#mask;
    }
    return -1;
  }

  /** A new flow, zeroed, with the key that find() did not find. @returns -1 if there is no room */
  create(hash: number, packet: Decoded, direction: number, ports: number, origin: number): number {
    const at = this.#place(hash);
    if (at < 0) return -1;
    const flow = this.#take();
    if (flow < 0) return -1;
    this.#index[at * 2] = hash;
    this.#index[at * 2 + 1] = flow + 1;
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
    const index = this.#index;
    let at = this.rare[base + HASH]! & this.#mask;
    while (index[at * 2 + 1] !== flow + 1) at = (at + 1) & this.#mask;
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
      if (this.#index[at * 2 + 1] === 0) return at;
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
      if (index[at * 2 + 1] === 0) break;
      const distance = (at - index[at * 2]!) & mask;
      if (distance < ((at - gap) & mask)) continue;
      index[gap * 2] = index[at * 2]!;
      index[gap * 2 + 1] = index[at * 2 + 1]!;
      gap = at;
    }
    index[gap * 2 + 1] = 0;
  }
}

function indexSlots(capacity: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(16, capacity * 1.5)));
}

/** Odd numbers from the seed (the finaliser of MurmurHash3 over a Weyl sequence). */
function hashKeys(seed: number): Int32Array {
  const keys = new Int32Array(8);
  for (let i = 0; i < keys.length; i++) {
    let h = (seed + Math.imul(i + 1, 0x9e3779b9)) | 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    keys[i] = (h ^ (h >>> 16)) | 1;
  }
  return keys;
}
