/** Which way a frame went, as far as the link layer says so. */
export const LinkDirection = { unknown: 0, sent: 1, received: 2 } as const;

/** `Decoded.fragment`. */
export const Fragment = { none: 0, first: 1, later: 2 } as const;

/** Bits of `Decoded.tcpFlags` (RFC 9293). */
export const TcpFlag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ece: 64, cwr: 128 } as const;

/**
 * What one frame says, as numbers only: one object, reused for every packet (DESIGN, law 3).
 *
 * Words of 32 bits (addresses, sequence numbers, MAC) are signed, because V8 then keeps them unboxed;
 * `>>> 0` makes them unsigned. An address is four words in network order; IPv4 is ::ffff:a.b.c.d.
 *
 * Fields after `hasTransport` mean something only under the condition given with them; otherwise they
 * hold what an earlier packet left there. Clearing all of them would cost more than decoding does.
 */
export class Decoded {
  /** Microseconds since 1970; set by whoever reads the packet, decodeFrame leaves it alone. */
  timeUs = 0;
  /** Length of the frame on the wire, link header included. */
  wireBytes = 0;
  /** From the packet type of Linux cooked captures; unknown for Ethernet: compare the MACs. */
  linkDirection: number = LinkDirection.unknown;
  /** Source MAC (Ethernet, cooked with 6-byte addresses): first two bytes, last four; else 0. */
  srcMacHigh = 0;
  srcMacLow = 0;

  /** 4 or 6. */
  ipVersion = 0;
  /** IP protocol number after all extension headers. */
  protocol = 0;
  src0 = 0;
  src1 = 0;
  src2 = 0;
  src3 = 0;
  dst0 = 0;
  dst1 = 0;
  dst2 = 0;
  dst3 = 0;
  /** `Fragment`; a later one has no transport header. */
  fragment: number = Fragment.none;
  /** Identification of the fragmented datagram; when fragment is not none. */
  fragmentId = 0;

  /** 0 without ports (ICMP, later fragments, other protocols). */
  srcPort = 0;
  dstPort = 0;
  /** Bytes above the transport header as the IP length says (link padding excluded); of a later fragment all its bytes. */
  payloadBytes = 0;
  /** Where the payload begins in the view, and how many bytes of it were captured; without any it may begin beyond the end. */
  payloadOffset = 0;
  payloadCaptured = 0;
  /** 1 if the transport header was decoded: protocol TCP, UDP, SCTP, ICMP or ICMPv6 and not a later fragment. */
  hasTransport = 0;

  /** TCP; flags are 0 for every other packet, so that they can be tested alone. */
  tcpFlags = 0;
  tcpSeq = 0;
  tcpAck = 0;
  /** As in the header, unscaled. */
  tcpWindow = 0;
  /** 1 with a timestamps option (RFC 7323); 0 for every other packet. */
  tcpHasTimestamps = 0;
  tcpTsValue = 0;
  tcpTsEcho = 0;

  /** The SYN's options; when tcpFlags has syn. 0 without the option, -1 without window scale. */
  tcpMss = 0;
  tcpWindowScale = -1;
  tcpSackPermitted = 0;
  /**
   * Hash of the SYN's options, to recognise one attempt from two sides: kinds, order, lengths, values,
   * without the values of MSS (middle boxes clamp it) and timestamps (each retry has its own).
   */
  tcpOptionsHash = 0;

  /** ICMP and ICMPv6; when protocol is one of them and hasTransport. */
  icmpType = 0;
  icmpCode = 0;
  /** Echo identifier and sequence number; 0 for other messages. */
  icmpId = 0;
  icmpSeq = 0;

  /** IP version of the packet that an ICMP error quotes; 0 without one. The rest is valid when it is not 0. */
  innerIpVersion = 0;
  innerProtocol = 0;
  innerSrc0 = 0;
  innerSrc1 = 0;
  innerSrc2 = 0;
  innerSrc3 = 0;
  innerDst0 = 0;
  innerDst1 = 0;
  innerDst2 = 0;
  innerDst3 = 0;
  /** 0 if the quoted packet has no ports or was cut before them; the identifier of a quoted echo is in innerSrcPort. */
  innerSrcPort = 0;
  innerDstPort = 0;
  /** 1 if the quotation reaches a TCP sequence number. */
  innerHasTcpSeq = 0;
  innerTcpSeq = 0;
}
