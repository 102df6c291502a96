import type { Decoded } from '../decode/decoded.js';
import { isIpv4 } from './layout.js';

/**
 * Hash of a flow's key. It multiplies by numbers made from the seed, so that an outsider cannot aim for one place.
 *
 * Both sides are hashed alike and side by side, then told apart. No branch depends on the packet, here and wherever a
 * direction selects: it would be mispredicted half of the time.
 */
export class FlowHash {
  // fields, because elements of an array would be checked at each read
  readonly #seed: number;
  readonly #m0: number;
  readonly #m1: number;
  readonly #m2: number;
  readonly #m3: number;
  readonly #m4: number;
  readonly #m5: number;
  readonly #m6: number;
  readonly #m7: number;

  /** @param seed a random 32-bit number */
  constructor(seed: number) {
    this.#seed = seed | 0;
    this.#m0 = oddNumber(seed, 1);
    this.#m1 = oddNumber(seed, 2);
    this.#m2 = oddNumber(seed, 3);
    this.#m3 = oddNumber(seed, 4);
    this.#m4 = oddNumber(seed, 5);
    this.#m5 = oddNumber(seed, 6);
    this.#m6 = oddNumber(seed, 7);
    this.#m7 = oddNumber(seed, 8);
  }

  /**
   * @param direction 0 if the packet's source is the key's local side, 1 if its target is
   * @param ports local << 16 | peer
   * @param origin see originOf()
   * @returns 32 bits, signed
   */
  of(packet: Decoded, direction: number, ports: number, origin: number): number {
    let source: number;
    let target: number;
    if (isIpv4(origin)) {
      source = Math.imul(packet.src3 ^ this.#seed, this.#m3);
      target = Math.imul(packet.dst3 ^ this.#seed, this.#m3);
    } else {
      source = this.#side(packet.src0, packet.src1, packet.src2, packet.src3);
      target = this.#side(packet.dst0, packet.dst1, packet.dst2, packet.dst3);
    }
    const swap = (source ^ target) & -direction;
    const local = source ^ swap;
    const peer = target ^ swap;
    let h = Math.imul(local ^ (local >>> 15) ^ ports, this.#m4);
    h ^= Math.imul(peer ^ (peer >>> 15) ^ origin, this.#m5);
    h = Math.imul(h ^ (h >>> 16), this.#m6);
    return Math.imul(h ^ (h >>> 15), this.#m7);
  }

  /** After each word the high bits are folded down, or keys that differ there alone would meet. */
  #side(w0: number, w1: number, w2: number, w3: number): number {
    const seed = this.#seed;
    let h = Math.imul(w3 ^ seed, this.#m3);
    h = ((h ^ (h >>> 15)) + Math.imul(w2 ^ seed, this.#m2)) | 0;
    h = ((h ^ (h >>> 13)) + Math.imul(w1 ^ seed, this.#m1)) | 0;
    return ((h ^ (h >>> 11)) + Math.imul(w0 ^ seed, this.#m0)) | 0;
  }
}

/** The finaliser of MurmurHash3 over a Weyl sequence. */
function oddNumber(seed: number, index: number): number {
  let h = (seed + Math.imul(index, 0x9e3779b9)) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 1;
}
