import { DecodeError } from './decode-error.js';
import type { Decoded } from './decoded.js';

/*
 * RFC 768
 *   0 source port   2 destination port   4 length   6 checksum   8 data
 * The length is not looked at: IP's says the same, and in a datagram that is cut later (GSO) or is a
 * fragment they differ for good reasons.
 */
const HEADER = 8;

export function udp(view: DataView, at: number, end: number, length: number, out: Decoded): number {
  if (end - at < HEADER) return DecodeError.transportTruncated;
  out.srcPort = view.getUint16(at);
  out.dstPort = view.getUint16(at + 2);
  out.hasTransport = 1;
  out.payloadBytes = length - HEADER;
  out.payloadOffset = at + HEADER;
  out.payloadCaptured = end - at - HEADER;
  return DecodeError.none;
}
