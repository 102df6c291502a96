import { DecodeError } from './decode-error.js';
import { type Decoded, Fragment } from './decoded.js';
import { IPV6_HEADER } from './ip-header.js';
import { isExtension, NO_NEXT_HEADER } from './ipv6-extensions.js';
import { behindExtensions, transport } from './transport.js';

/*
 * RFC 8200
 *   0 version, traffic class, flow label    4 payload length   6 next header   7 hop limit
 *   8 source                               24 destination     40 extension headers
 */
/** @param end where the captured bytes end  @param wireEnd where the frame on the wire would end */
export function ipv6(view: DataView, at: number, end: number, wireEnd: number, out: Decoded): number {
  if (end - at < IPV6_HEADER) return DecodeError.ipTruncated;
  if (view.getUint8(at) >>> 4 !== 6) return DecodeError.ipVersion;
  const from = at + IPV6_HEADER;
  const next = view.getUint8(at + 6);
  let length = view.getUint16(at + 4);
  // A jumbogram (RFC 2675), or a segment over 64 KB on its way to the card (BIG TCP): the frame has the length.
  if (length === 0 && next !== NO_NEXT_HEADER) length = wireEnd - from;
  if (length > wireEnd - from) return DecodeError.ipLength;

  out.ipVersion = 6;
  out.src0 = view.getInt32(at + 8);
  out.src1 = view.getInt32(at + 12);
  out.src2 = view.getInt32(at + 16);
  out.src3 = view.getInt32(at + 20);
  out.dst0 = view.getInt32(at + 24);
  out.dst1 = view.getInt32(at + 28);
  out.dst2 = view.getInt32(at + 32);
  out.dst3 = view.getInt32(at + 36);
  out.fragment = Fragment.none;
  out.protocol = next;
  const captured = Math.min(end, from + length);
  if (!isExtension(next)) return transport(view, from, captured, length, next, out);
  return behindExtensions(view, from, captured, length, next, out);
}
