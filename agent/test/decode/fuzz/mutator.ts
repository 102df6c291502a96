import { type Packet, readPackets, readSample, sampleNames, writePackets } from '../../samples/samples.js';

/** Numbers that length and type fields break at. */
const INTERESTING = [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 19, 20, 39, 40, 63, 64, 127, 128, 192, 254, 255];
const ETHER_TYPES = [0x0800, 0x86dd, 0x8100, 0x88a8, 0x9100, 0x0806];
const NEXT_HEADERS = [0, 1, 6, 17, 43, 44, 50, 51, 58, 59, 60, 132, 135];
const LINK_TYPES = [0, 1, 12, 14, 101, 108, 113, 228, 229, 276, 147];

/** Random numbers that the same seed gives again (Marsaglia, "Xorshift RNGs", 2003). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 1;
  }

  /** 0 … below-1 */
  below(below: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % below;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

/** Bends real packets and streams out of shape. */
export class Mutator {
  readonly random: Random;
  readonly #packets: Packet[];

  constructor(seed: number) {
    this.random = new Random(seed);
    this.#packets = sampleNames.flatMap((name) => readPackets(readSample(name)));
  }

  /** A frame with up to eight faults; its link type and length on the wire may be wrong too. */
  frame(): Packet {
    const packet = this.random.pick(this.#packets);
    let bytes: Uint8Array<ArrayBuffer> = new Uint8Array(packet.bytes);
    const faults = this.random.below(9);
    for (let i = 0; i < faults; i++) bytes = this.#fault(bytes);
    const linkType = this.random.below(16) === 0 ? this.random.pick(LINK_TYPES) : packet.linkType;
    const original =
      this.random.below(8) === 0
        ? bytes.length + this.random.below(200_000)
        : Math.max(packet.original, bytes.length);
    return { ...packet, linkType, original, bytes };
  }

  /** A pcap stream of a few frames, any byte order, with up to four faults anywhere. */
  stream(): Uint8Array {
    const frames = Array.from({ length: 1 + this.random.below(5) }, () => this.frame());
    let bytes = writePackets(frames, {
      bigEndian: this.random.below(2) === 0,
      nanoseconds: this.random.below(2) === 0,
      snaplen: this.random.pick([262_144, 262_144, 65_535, 96, 0]),
    });
    const faults = this.random.below(5);
    for (let i = 0; i < faults; i++) bytes = this.#fault(bytes);
    return bytes;
  }

  #fault(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const random = this.random;
    if (bytes.length < 4) return bytes;
    // Headers are at the front: most faults should hit them.
    const at = random.below(random.below(3) === 0 ? bytes.length : Math.min(bytes.length, 80));
    switch (random.below(8)) {
      case 0:
        bytes[at]! ^= 1 << random.below(8);
        return bytes;
      case 1:
        bytes[at] = random.pick(INTERESTING);
        return bytes;
      case 2:
        bytes[at] = random.below(256);
        return bytes;
      case 3:
        bytes[at] = random.pick(NEXT_HEADERS);
        return bytes;
      case 4:
        setWord(bytes, at, random.below(2) === 0 ? random.pick(ETHER_TYPES) : random.below(65_536));
        return bytes;
      case 5:
        return bytes.slice(0, at);
      case 6:
        return this.#insert(bytes, at);
      default:
        return this.#splice(bytes, at);
    }
  }

  /** Repeats a piece once or many times: VLAN tags, extension headers, options, labels. */
  #insert(bytes: Uint8Array, at: number): Uint8Array<ArrayBuffer> {
    const piece = bytes.slice(at, at + 1 + this.random.below(24));
    const times = this.random.below(4) === 0 ? 12 : 1;
    const longer = new Uint8Array(bytes.length + piece.length * times);
    longer.set(bytes.subarray(0, at));
    for (let i = 0; i < times; i++) longer.set(piece, at + i * piece.length);
    longer.set(bytes.subarray(at), at + piece.length * times);
    return longer;
  }

  /** The front of this, the back of another. */
  #splice(bytes: Uint8Array, at: number): Uint8Array<ArrayBuffer> {
    const other = this.random.pick(this.#packets).bytes;
    const from = this.random.below(Math.min(other.length, 80));
    const spliced = new Uint8Array(at + other.length - from);
    spliced.set(bytes.subarray(0, at));
    spliced.set(other.subarray(from), at);
    return spliced;
  }
}

function setWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  if (at + 1 < bytes.length) bytes[at + 1] = value & 255;
}
