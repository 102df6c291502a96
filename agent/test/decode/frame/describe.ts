import { type Decoded, Fragment } from '../../../src/decode/decoded.js';

/** Unsigned words and readable addresses, to be compared with what another program prints. */
export function address(version: number, words: readonly [number, number, number, number]): string {
  if (version === 4) return bytesOf(words[3]).join('.');
  const groups = words.flatMap((word) => [(word >>> 16) & 0xffff, word & 0xffff]);
  return new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]`).hostname.slice(1, -1);
}

export function mac(high: number, low: number): string {
  return [high >>> 8, high & 255, ...bytesOf(low)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(':');
}

export function source(d: Decoded): string {
  return address(d.ipVersion, [d.src0, d.src1, d.src2, d.src3]);
}

export function destination(d: Decoded): string {
  return address(d.ipVersion, [d.dst0, d.dst1, d.dst2, d.dst3]);
}

export function innerSource(d: Decoded): string {
  return address(d.innerIpVersion, [d.innerSrc0, d.innerSrc1, d.innerSrc2, d.innerSrc3]);
}

export function innerDestination(d: Decoded): string {
  return address(d.innerIpVersion, [d.innerDst0, d.innerDst1, d.innerDst2, d.innerDst3]);
}

/** Everything of a frame that decides to which flow it counts and how. */
export function flowFacts(d: Decoded): unknown {
  const transport = d.hasTransport === 1;
  return {
    wireBytes: d.wireBytes,
    from: source(d),
    to: destination(d),
    protocol: d.protocol,
    ports: [d.srcPort, d.dstPort],
    fragment: d.fragment === Fragment.none ? 0 : [d.fragment, d.fragmentId],
    payloadBytes: d.payloadBytes,
    tcp: transport && d.protocol === 6 ? [d.tcpFlags, d.tcpSeq, d.tcpAck, d.tcpWindow] : [],
    icmp: transport && (d.protocol === 1 || d.protocol === 58) ? [d.icmpType, d.icmpCode] : [],
  };
}

function bytesOf(word: number): number[] {
  return [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255];
}
