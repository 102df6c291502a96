import { DecodeError } from './decode-error.js';
import type { Decoded } from './decoded.js';

/*
 * RFC 9260
 *   0 source port   2 destination port   4 verification tag   8 checksum   12 chunks
 * Chunks count as payload.
 */
const HEADER = 12;

export function sctp(view: DataView, at: number, end: number, length: number, out: Decoded): number {
  if (end - at < HEADER) return DecodeError.transportTruncated;
  out.srcPort = view.getUint16(at);
  out.dstPort = view.getUint16(at + 2);
  out.hasTransport = 1;
  out.payloadBytes = length - HEADER;
  out.payloadOffset = at + HEADER;
  out.payloadCaptured = end - at - HEADER;
  return DecodeError.none;
}
