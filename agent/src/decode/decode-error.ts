/** Why a frame or a DNS message was not decoded; an index into an array of counters. */
export const DecodeError = {
  none: 0,
  /** Captured bytes end inside the link header, or inside a VLAN tag. */
  linkTruncated: 1,
  /** A link type that we do not know. */
  linkType: 2,
  /** More VLAN tags than any network stacks. */
  vlanDepth: 3,
  /** ARP, LLDP, STP, MPLS …: not IP, nothing wrong with it. */
  notIp: 4,
  ipTruncated: 5,
  ipVersion: 6,
  ipHeaderLength: 7,
  /** The IP header claims more bytes than the frame had. */
  ipLength: 8,
  /** More IPv6 extension headers than we follow. */
  ipExtensions: 9,
  transportTruncated: 10,
  tcpHeaderLength: 11,
  dnsTruncated: 12,
  /** A label type other than label and pointer, or a name over 255 bytes. */
  dnsLabel: 13,
  /** A compression pointer in the first question, where there is nothing yet to point to. */
  dnsPointer: 14,
  /** DNS over TCP whose segment does not begin with a whole length prefix and header. */
  dnsSplit: 15,
} as const;

/** Names by number, for metrics and logs. */
export const decodeErrorNames: readonly string[] = Object.keys(DecodeError);

/** Counters by error number; index 0 counts what was decoded. */
export function newDecodeCounters(): Float64Array {
  return new Float64Array(decodeErrorNames.length);
}
