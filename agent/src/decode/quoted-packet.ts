import { DecodeError } from './decode-error.js';
import { type Decoded, Fragment } from './decoded.js';
import { IPV4_HEADER, IPV4_OFFSET_MASK, IPV6_HEADER, MAPPED_WORD } from './ip-header.js';
import { extensions, walkExtensions } from './ipv6-extensions.js';

/*
 * What an ICMP error is about: the IP header of the packet that caused it and at least 8 bytes of what
 * followed (RFC 792; as much as fits, RFC 1812 and RFC 4443). 8 bytes hold ports and TCP's sequence number.
 */
const TCP = 6;
const UDP = 17;
const SCTP = 132;
const ICMP = 1;
const ICMPV6 = 58;

/** Fills the inner fields of `out`; leaves innerIpVersion 0 if the quotation is of no use. */
export function quotedPacket(view: DataView, at: number, end: number, out: Decoded): void {
  if (end - at < IPV4_HEADER) return;
  const version = view.getUint8(at) >>> 4;
  if (version === 4) quotedIpv4(view, at, end, out);
  else if (version === 6) quotedIpv6(view, at, end, out);
}

function quotedIpv4(view: DataView, at: number, end: number, out: Decoded): void {
  const header = (view.getUint8(at) & 15) << 2;
  if (header < IPV4_HEADER) return;
  out.innerIpVersion = 4;
  out.innerProtocol = view.getUint8(at + 9);
  out.innerSrc0 = 0;
  out.innerSrc1 = 0;
  out.innerSrc2 = MAPPED_WORD;
  out.innerSrc3 = view.getInt32(at + 12);
  out.innerDst0 = 0;
  out.innerDst1 = 0;
  out.innerDst2 = MAPPED_WORD;
  out.innerDst3 = view.getInt32(at + 16);
  const later = (view.getUint16(at + 6) & IPV4_OFFSET_MASK) !== 0;
  quotedTransport(view, at + header, later ? 0 : end, out);
}

function quotedIpv6(view: DataView, at: number, end: number, out: Decoded): void {
  if (end - at < IPV6_HEADER) return;
  const from = at + IPV6_HEADER;
  const cut = walkExtensions(view, from, end, view.getUint8(at + 6), extensions) !== DecodeError.none;
  if (cut) return;
  out.innerIpVersion = 6;
  out.innerProtocol = extensions.protocol;
  out.innerSrc0 = view.getInt32(at + 8);
  out.innerSrc1 = view.getInt32(at + 12);
  out.innerSrc2 = view.getInt32(at + 16);
  out.innerSrc3 = view.getInt32(at + 20);
  out.innerDst0 = view.getInt32(at + 24);
  out.innerDst1 = view.getInt32(at + 28);
  out.innerDst2 = view.getInt32(at + 32);
  out.innerDst3 = view.getInt32(at + 36);
  quotedTransport(view, extensions.at, extensions.fragment === Fragment.later ? 0 : end, out);
}

/** @param end 0 if there is no transport header to be read */
function quotedTransport(view: DataView, at: number, end: number, out: Decoded): void {
  out.innerSrcPort = 0;
  out.innerDstPort = 0;
  out.innerHasTcpSeq = 0;
  if (end - at < 8) return;
  switch (out.innerProtocol) {
    case TCP:
      out.innerHasTcpSeq = 1;
      out.innerTcpSeq = view.getInt32(at + 4);
      readPorts(view, at, out);
      break;
    case UDP:
    case SCTP:
      readPorts(view, at, out);
      break;
    case ICMP:
    case ICMPV6:
      out.innerSrcPort = view.getUint16(at + 4);
  }
}

function readPorts(view: DataView, at: number, out: Decoded): void {
  out.innerSrcPort = view.getUint16(at);
  out.innerDstPort = view.getUint16(at + 2);
}
