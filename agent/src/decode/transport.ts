import { DecodeError } from './decode-error.js';
import { type Decoded, Fragment } from './decoded.js';
import { icmp, icmpv6 } from './icmp.js';
import { extensions, walkExtensions } from './ipv6-extensions.js';
import { sctp } from './sctp.js';
import { tcp } from './tcp.js';
import { udp } from './udp.js';

const TCP = 6;
const UDP = 17;
const ICMP = 1;
const ICMPV6 = 58;
const SCTP = 132;

/**
 * What is above IP, whichever its version.
 * @param end where the captured bytes of the packet end, at most at + length
 * @param length bytes from `at` on as IP says, captured or not
 */
export function transport(
  view: DataView,
  at: number,
  end: number,
  length: number,
  protocol: number,
  out: Decoded,
): number {
  out.innerIpVersion = 0;
  if (protocol === TCP) return tcp(view, at, end, length, out);
  out.tcpFlags = 0;
  out.tcpHasTimestamps = 0;
  switch (protocol) {
    case UDP:
      return udp(view, at, end, length, out);
    case ICMP:
      return icmp(view, at, end, length, out);
    case ICMPV6:
      return icmpv6(view, at, end, length, out);
    case SCTP:
      return sctp(view, at, end, length, out);
    default:
      return opaque(at, end, length, out);
  }
}

/**
 * What is above IPv6 extension headers, or above IPv4 with an authentication header.
 * @param first number of the header at `from`
 */
export function behindExtensions(
  view: DataView,
  from: number,
  end: number,
  length: number,
  first: number,
  out: Decoded,
): number {
  const error = walkExtensions(view, from, end, first, extensions);
  if (error !== DecodeError.none) return error;
  out.protocol = extensions.protocol;
  if (extensions.fragment !== Fragment.none) {
    out.fragment = extensions.fragment;
    out.fragmentId = extensions.fragmentId;
  }
  const left = length - (extensions.at - from);
  if (extensions.fragment === Fragment.later) return laterFragment(extensions.at, end, left, out);
  return transport(view, extensions.at, end, left, extensions.protocol, out);
}

/** A fragment other than the first: no ports, all of it is payload. */
export function laterFragment(at: number, end: number, length: number, out: Decoded): number {
  out.fragment = Fragment.later;
  out.innerIpVersion = 0;
  out.tcpFlags = 0;
  out.tcpHasTimestamps = 0;
  return opaque(at, end, length, out);
}

function opaque(at: number, end: number, length: number, out: Decoded): number {
  out.srcPort = 0;
  out.dstPort = 0;
  out.hasTransport = 0;
  out.payloadBytes = length;
  out.payloadOffset = at;
  out.payloadCaptured = end - at;
  return DecodeError.none;
}
