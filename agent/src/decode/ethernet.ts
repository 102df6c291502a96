import { DecodeError } from './decode-error.js';
import { type Decoded, LinkDirection } from './decoded.js';
import { network } from './network.js';

/*
 * Ethernet II (RFC 894)
 *   0 destination MAC, 6 source MAC, 12 EtherType, 14 data
 */
const HEADER = 14;

/** @param end where the captured bytes end  @param wireEnd where the frame on the wire would end */
export function ethernet(view: DataView, at: number, end: number, wireEnd: number, out: Decoded): number {
  if (end - at < HEADER) return DecodeError.linkTruncated;
  out.linkDirection = LinkDirection.unknown;
  out.srcMacHigh = view.getUint16(at + 6);
  out.srcMacLow = view.getInt32(at + 8);
  return network(view, at + HEADER, end, wireEnd, view.getUint16(at + 12), out);
}
