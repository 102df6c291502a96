import type { Decoded } from '../decode/decoded.js';

/** Flows that are remembered; a newer one takes the place of an older one with the same low bits. */
const PLACES = 4_096;
/** A flow that the kernel has forgotten by then may be told again (see idleMs of KernelFlows). */
const memoryUs = 60_000_000;

/** The flows that ICMP errors were about lately, in a fixed amount of memory. */
export class RecentErrors {
  readonly #hashes = new Float64Array(PLACES);
  readonly #times = new Float64Array(PLACES);
  readonly #codes = new Uint16Array(PLACES);

  /**
   * Remembers an ICMP error.
   *
   * @param packet the error with the packet that it quotes
   * @returns whether it is the first about that flow
   */
  put(packet: Decoded, pod: number): boolean {
    const hash = hashOfQuoted(packet, pod);
    const place = hash % PLACES;
    const known = this.#hashes[place] === hash && packet.timeUs - this.#times[place]! < memoryUs;
    this.#hashes[place] = hash;
    this.#times[place] = packet.timeUs;
    this.#codes[place] = (packet.icmpType << 8) | packet.icmpCode;
    return !known;
  }

  /**
   * What was told about a flow: `type << 8 | code`, 0 for nothing.
   *
   * @param ends address of the sender of the quoted packet and of its receiver, four words each
   * @param ports the sender's, then the receiver's
   */
  get(pod: number, protocol: number, ends: Int32Array, ports: number, nowUs: number): number {
    const hash = hashOf(pod, protocol, ends, ports);
    const place = hash % PLACES;
    const known = this.#hashes[place] === hash && nowUs - this.#times[place]! < memoryUs;
    return known ? this.#codes[place]! : 0;
  }
}

const quoted = new Int32Array(8);

function hashOfQuoted(packet: Decoded, pod: number): number {
  quoted[0] = packet.innerSrc0;
  quoted[1] = packet.innerSrc1;
  quoted[2] = packet.innerSrc2;
  quoted[3] = packet.innerSrc3;
  quoted[4] = packet.innerDst0;
  quoted[5] = packet.innerDst1;
  quoted[6] = packet.innerDst2;
  quoted[7] = packet.innerDst3;
  return hashOf(pod, packet.innerProtocol, quoted, (packet.innerSrcPort << 16) | packet.innerDstPort);
}

/** 53 bits out of two multiplicative hashes (Knuth, TAOCP vol. 3, 6.4) of what makes the flow. */
function hashOf(pod: number, protocol: number, ends: Int32Array, ports: number): number {
  let low = Math.imul(pod ^ ports, 0x9e37_79b1);
  let high = Math.imul(protocol + ports, 0x85eb_ca6b);
  for (const word of ends) {
    low = Math.imul(low ^ (low >>> 15) ^ word, 0x9e37_79b1);
    high = Math.imul((high ^ (high >>> 13)) + word, 0x85eb_ca6b);
  }
  return (high >>> 11) * 4_294_967_296 + (low >>> 0);
}
