import { cookedV1, cookedV2 } from './cooked.js';
import { DecodeError } from './decode-error.js';
import { type Decoded, LinkDirection } from './decoded.js';
import { ethernet } from './ethernet.js';
import { ipv4 } from './ipv4.js';
import { ipv6 } from './ipv6.js';
import { loopback } from './loopback.js';

/** Link types that decodeFrame knows (https://www.tcpdump.org/linktypes.html). */
export const LinkType = {
  null: 0,
  ethernet: 1,
  /** DLT_RAW as some systems write it into files. */
  rawDlt12: 12,
  rawDlt14: 14,
  raw: 101,
  loop: 108,
  linuxCooked: 113,
  ipv4: 228,
  ipv6: 229,
  linuxCooked2: 276,
} as const;

/**
 * Decodes one frame into `out`.
 *
 * @param view bytes that hold the frame; nothing outside of `offset … offset + captured` is read
 * @param captured bytes of the frame that are there
 * @param original bytes that the frame had on the wire, at least `captured`
 * @param linkType LINKTYPE_ number of the capture
 * @returns 0, or a `DecodeError` to be counted; then only wireBytes and the link fields of `out` hold
 */
export function decodeFrame(
  view: DataView,
  offset: number,
  captured: number,
  original: number,
  linkType: number,
  out: Decoded,
): number {
  const end = offset + captured;
  const wireEnd = offset + original;
  out.wireBytes = original;
  if (linkType === LinkType.ethernet) return ethernet(view, offset, end, wireEnd, out);
  out.linkDirection = LinkDirection.unknown;
  out.srcMacHigh = 0;
  out.srcMacLow = 0;
  switch (linkType) {
    case LinkType.linuxCooked2:
      return cookedV2(view, offset, end, wireEnd, out);
    case LinkType.linuxCooked:
      return cookedV1(view, offset, end, wireEnd, out);
    case LinkType.raw:
    case LinkType.rawDlt12:
    case LinkType.rawDlt14:
      return rawIp(view, offset, end, wireEnd, out);
    case LinkType.ipv4:
      return ipv4(view, offset, end, wireEnd, out);
    case LinkType.ipv6:
      return ipv6(view, offset, end, wireEnd, out);
    case LinkType.null:
    case LinkType.loop:
      return loopback(view, offset, end, wireEnd, out);
    default:
      return DecodeError.linkType;
  }
}

function rawIp(view: DataView, at: number, end: number, wireEnd: number, out: Decoded): number {
  if (end - at < 1) return DecodeError.ipTruncated;
  return view.getUint8(at) >>> 4 === 6
    ? ipv6(view, at, end, wireEnd, out)
    : ipv4(view, at, end, wireEnd, out);
}
