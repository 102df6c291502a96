import { DecodeError } from './decode-error.js';
import { type Decoded, Fragment } from './decoded.js';
import { IPV4_HEADER, IPV4_MORE_FRAGMENTS, IPV4_OFFSET_MASK, MAPPED_WORD } from './ip-header.js';
import { AUTHENTICATION } from './ipv6-extensions.js';
import { behindExtensions, laterFragment, transport } from './transport.js';

/*
 * RFC 791
 *   0 version, header length in words   1 TOS     2 total length
 *   4 identification                    6 flags (2000 more fragments), offset in 8 bytes (1fff)
 *   8 TTL   9 protocol  10 checksum    12 source 16 destination 20 options
 */
/** @param end where the captured bytes end  @param wireEnd where the frame on the wire would end */
export function ipv4(view: DataView, at: number, end: number, wireEnd: number, out: Decoded): number {
  if (end - at < IPV4_HEADER) return DecodeError.ipTruncated;
  const first = view.getUint8(at);
  if (first >>> 4 !== 4) return DecodeError.ipVersion;
  const header = (first & 15) << 2;
  if (header < IPV4_HEADER) return DecodeError.ipHeaderLength;
  const onWire = wireEnd - at;
  // A segment over 64 KB that the card or the receiver's kernel will cut (BIG TCP) has length 0.
  const total = view.getUint16(at + 2) || onWire;
  if (total < header || total > onWire) return DecodeError.ipLength;
  if (end - at < header) return DecodeError.ipTruncated;

  out.ipVersion = 4;
  out.src0 = 0;
  out.src1 = 0;
  out.src2 = MAPPED_WORD;
  out.src3 = view.getInt32(at + 12);
  out.dst0 = 0;
  out.dst1 = 0;
  out.dst2 = MAPPED_WORD;
  out.dst3 = view.getInt32(at + 16);
  const protocol = view.getUint8(at + 9);
  out.protocol = protocol;

  const from = at + header;
  const captured = Math.min(end, at + total); // without the link's padding
  const fragment = view.getUint16(at + 6) & (IPV4_MORE_FRAGMENTS | IPV4_OFFSET_MASK);
  out.fragment = Fragment.none;
  if (fragment !== 0) {
    out.fragmentId = view.getUint16(at + 4);
    if ((fragment & IPV4_OFFSET_MASK) !== 0) return laterFragment(from, captured, total - header, out);
    out.fragment = Fragment.first;
  }
  return protocol === AUTHENTICATION
    ? behindExtensions(view, from, captured, total - header, protocol, out)
    : transport(view, from, captured, total - header, protocol, out);
}
