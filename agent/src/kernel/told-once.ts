import type { Decoded } from '../decode/decoded.js';

/** Flows that are remembered; a newer one takes the place of an older one with the same low bits. */
const PLACES = 4_096;
/** A flow that the kernel has forgotten by then may be told again (see idleMs of KernelFlows). */
const memoryUs = 60_000_000;

/** Lets what an ICMP error says about a flow pass once, not once for each packet that caused one. */
export class ToldOnce {
  readonly #hashes = new Float64Array(PLACES);
  readonly #times = new Float64Array(PLACES);

  /** @param packet an ICMP error with the packet that it quotes */
  isNews(packet: Decoded, pod: number): boolean {
    const hash = hashOf(packet, pod);
    const place = hash % PLACES;
    const told = this.#hashes[place] === hash && packet.timeUs - this.#times[place]! < memoryUs;
    this.#hashes[place] = hash;
    this.#times[place] = packet.timeUs;
    return !told;
  }
}

/** 53 bits out of two multiplicative hashes (Knuth, TAOCP vol. 3, 6.4) of what makes the flow. */
function hashOf(packet: Decoded, pod: number): number {
  let low = pod | 0;
  let high = packet.innerProtocol;
  const mix = (word: number): void => {
    low = Math.imul(low ^ word, 0x9e37_79b1);
    low ^= low >>> 15;
    high = Math.imul(high + word, 0x85eb_ca6b);
    high ^= high >>> 13;
  };
  mix(packet.innerSrc0);
  mix(packet.innerSrc1);
  mix(packet.innerSrc2);
  mix(packet.innerSrc3);
  mix(packet.innerDst0);
  mix(packet.innerDst1);
  mix(packet.innerDst2);
  mix(packet.innerDst3);
  mix((packet.innerSrcPort << 16) | packet.innerDstPort);
  return (high >>> 11) * 4_294_967_296 + (low >>> 0);
}
