/*
 * One flow in memory: 32 words of 32 bits that every packet needs, two cache lines, because with many flows each line
 * costs a trip to memory; and as many again in another array that few packets need. Words are indexes into the store's
 * Int32Arrays relative to `flow * WORDS`, doubles into its Float64Arrays relative to `flow * DOUBLES`; both lie over
 * the same bytes. A pair is indexed by direction: +0 sent, +1 received.
 */

export const WORDS = 32;
export const DOUBLES = WORDS / 2;
/** Of a flow in both arrays. */
export const FLOW_BYTES = WORDS * 8;

/** Directions, as offsets into pairs. */
export const SENT = 0;
export const RECEIVED = 1;

// Key: four words of address each, network order, IPv4 as ::ffff:a.b.c.d.
export const LOCAL = 0;
export const PEER = 4;
/** local port << 16 | peer port */
export const PORTS = 8;
/** Whose flow it is, see originOf(). */
export const ORIGIN = 9;
export const FLAGS = 10;
/** Bits of `Tcp`. */
export const TCP = 11;

// Counters since the last row, pairs.
export const PACKETS = 12;
/** Packets with payload. */
export const SEGMENTS = 14;
/** Frame bytes (doubles). */
export const BYTES = 8;
/** Bytes above the transport header (doubles). */
export const PAYLOAD = 10;
/** First packet since the last row, and last packet at all; microseconds since 1970 (doubles). */
export const FIRST_US = 12;
export const LAST_US = 13;

// TCP, pairs by the direction that the segments have.
/** One above the highest sequence number seen. */
export const NEXT_SEQ = 28;
/** Highest acknowledgement number seen. */
export const ACKED = 30;

// What few packets need: indexes into the store's `rare` arrays.

/** A range that was skipped and may come late; its time is the low 32 bits of microseconds (pairs). */
export const HOLE_START = 0;
export const HOLE_END = 2;
export const HOLE_US = 4;
export const RETRANSMITS = 6;
/** Announcements of a zero window (pair). */
export const ZERO_WINDOWS = 8;

// A segment whose acknowledgement is waited for, and the low 32 bits of its time.
export const PROBE_SEQ = 10;
export const PROBE_US = 11;
/** Smoothed round trip, microseconds; 0: no sample yet. */
export const SRTT = 12;

export const CLIENT_ISN = 13;
export const SERVER_ISN = 14;
/** Duration of the handshake until it was reported, microseconds. */
export const HANDSHAKE_US = 15;
/** A gap filled sooner than this was reordered, microseconds; 0: REORDER_US. */
export const REORDER_WITHIN_US = 29;
/** Who sent the RST that ended the flow: 0 nobody, 1 + direction. */
export const RESET_BY = 30;
/** First SYN (or SCTP INIT), microseconds since 1970 (double). */
export const OPEN_US = 8;
/** Latest packet of the handshake (double). */
export const STEP_US = 9;
/** When the flow ended (double). */
export const END_US = 10;
/** Longest wait between two tries of the handshake so far, microseconds. */
export const GAP_US = 22;
export const SYN_RETRIES = 23;
/** `type << 8 | code` of the ICMP message to report, + 1; 0: none. */
export const ICMP = 24;
export const HASH = 25;
/** Newest DNS transaction of the flow, as entry + 1; 0: none. */
export const DNS_HEAD = 26;
/** Why the flow left the index early (`EmitReason`); 0: it did not. */
export const LEAVE_REASON = 27;
/** Next free slot, as flow + 1; only while the slot is free. */
export const NEXT_FREE = 28;

/** Bits of FLAGS. The low byte is that of `FlowState`: initiator (2), outcome (3), closed (3). */
export const Flag = {
  initiatorMask: 3,
  outcomeShift: 2,
  outcomeMask: 7 << 2,
  closedShift: 5,
  closedMask: 7 << 5,
  /** The slot holds a flow. */
  live: 1 << 8,
  /** It can be found; without this bit it only waits to be reported. */
  indexed: 1 << 9,
  /** To be reported: this flow began. */
  opened: 1 << 10,
  /** To be reported: the outcome is final now. */
  final: 1 << 11,
  /** An attempt to connect whose outcome is not known yet. */
  handshaking: 1 << 12,
  /** It ended; what still comes are stragglers. */
  ended: 1 << 13,
  /** Its last row left. */
  reported: 1 << 14,
  /** One of Snoopy's own links. */
  excluded: 1 << 15,
  /** The responder has sent something. */
  answered: 1 << 16,
  hasClientIsn: 1 << 17,
  hasServerIsn: 1 << 18,
  /** To be reported: a new RTT sample. */
  rtt: 1 << 19,
  /** The slot's number stands in a queue. These two belong to the slot and outlive the flow in it. */
  inDue: 1 << 20,
  inTouched: 1 << 21,
} as const;

/**
 * The part of a key beside addresses and ports. With the IP version in it, two IPv4 keys differ in one word of each
 * address at most, and a mapped address that came in an IPv6 packet is another flow's.
 *
 * @param ipVersion 4 or 6
 */
export function originOf(captureId: number, protocol: number, ipVersion: number): number {
  return (captureId << 9) | ((ipVersion & 2) << 7) | protocol;
}

export function captureOf(origin: number): number {
  return origin >>> 9;
}

export function protocolOf(origin: number): number {
  return origin & 0xff;
}

/** Whether the flow's packets are IPv4. */
export function isIpv4(origin: number): boolean {
  return (origin & 0x100) === 0;
}

export const FLAG_QUEUES = Flag.inDue | Flag.inTouched;

/** Bits of TCP; those with two directions are shifted by the direction. */
export const Tcp = {
  hasSeq: 1 << 0,
  hasAck: 1 << 2,
  fin: 1 << 4,
  hole: 1 << 6,
  zeroWindow: 1 << 8,
  /** Direction of the latest data. */
  data: 1 << 10,
  /** The SYN of this direction was acknowledged. */
  synAcked: 1 << 12,
  probe: 1 << 14,
  /** Both ends sent a SYN first (RFC 9293, 3.5). */
  simultaneous: 1 << 15,
  /** As Flag.handshaking; here to be tested with the others. */
  handshaking: 1 << 16,
  /** RTT samples since the last row: a field of two bits. */
  sample: 1 << 17,
  samplesMask: 3 << 17,
} as const;
