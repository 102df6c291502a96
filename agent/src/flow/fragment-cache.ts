import type { Decoded } from '../decode/decoded.js';
import { FRAGMENT_LIFE_US } from './timeouts.js';

const ENTRIES = 1_024;
const WORDS = 16;
const ORIGIN = 8;
const ID = 9;
const PORTS = 10;

/**
 * Remembers the ports of the first fragment of a datagram for the later ones, which have none. Direct-mapped: of two
 * datagrams that want one place the newer has it, and the later fragments of the other count to ports 0, as those do
 * that come before their first.
 */
export class FragmentCache {
  readonly #words = new Int32Array(ENTRIES * WORDS);
  readonly #timesUs = new Float64Array(ENTRIES);

  static readonly bytes = ENTRIES * (WORDS * 4 + 8);

  constructor(private readonly seed: number) {}

  /** @param ports local << 16 | peer, as the flow has them */
  remember(packet: Decoded, origin: number, ports: number): void {
    const entry = this.#entry(packet, origin);
    const words = this.#words;
    const at = entry * WORDS;
    words[at] = packet.src0;
    words[at + 1] = packet.src1;
    words[at + 2] = packet.src2;
    words[at + 3] = packet.src3;
    words[at + 4] = packet.dst0;
    words[at + 5] = packet.dst1;
    words[at + 6] = packet.dst2;
    words[at + 7] = packet.dst3;
    words[at + ORIGIN] = origin;
    words[at + ID] = packet.fragmentId;
    words[at + PORTS] = ports;
    this.#timesUs[entry] = packet.timeUs;
  }

  /** The ports of the datagram's first fragment, 0 if unknown. */
  recall(packet: Decoded, origin: number): number {
    const entry = this.#entry(packet, origin);
    const words = this.#words;
    const at = entry * WORDS;
    const age = packet.timeUs - this.#timesUs[entry]!;
    const same =
      age < FRAGMENT_LIFE_US &&
      words[at + ID] === (packet.fragmentId | 0) &&
      words[at + ORIGIN] === origin &&
      words[at] === packet.src0 &&
      words[at + 1] === packet.src1 &&
      words[at + 2] === packet.src2 &&
      words[at + 3] === packet.src3 &&
      words[at + 4] === packet.dst0 &&
      words[at + 5] === packet.dst1 &&
      words[at + 6] === packet.dst2 &&
      words[at + 7] === packet.dst3;
    return same ? words[at + PORTS]! : 0;
  }

  #entry(packet: Decoded, origin: number): number {
    let h = Math.imul(packet.src3 ^ this.seed, 0x85ebca6b) ^ packet.dst3;
    h = Math.imul(h ^ (h >>> 13) ^ packet.fragmentId, 0xc2b2ae35) ^ origin;
    h = Math.imul(h ^ (h >>> 16), 0x27d4eb2d);
    return (h >>> 15) & (ENTRIES - 1);
  }
}
