import { DecodeError } from './decode-error.js';
import type { Decoded } from './decoded.js';
import { ipv4 } from './ipv4.js';
import { ipv6 } from './ipv6.js';

/*
 * BSD loopback, NULL (0) in the byte order of the machine that captured, LOOP (108) in network order:
 *   0 address family of that system, 4 data
 */
const HEADER = 4;
const AF_INET = 2;
/** AF_INET6 of NetBSD and OpenBSD, FreeBSD, macOS, Linux. */
const AF_INET6 = [24, 28, 30, 10];

export function loopback(view: DataView, at: number, end: number, wireEnd: number, out: Decoded): number {
  if (end - at < HEADER) return DecodeError.linkTruncated;
  const word = view.getUint32(at);
  // A family is a small number, so whichever half is empty tells the byte order.
  const family = word > 0xffff ? view.getUint32(at, true) : word;
  if (family === AF_INET) return ipv4(view, at + HEADER, end, wireEnd, out);
  if (AF_INET6.includes(family)) return ipv6(view, at + HEADER, end, wireEnd, out);
  return DecodeError.notIp;
}
