/*
 * One flow in memory: 64 words of 32 bits, four cache lines. Words are indexes into the store's Int32Array
 * relative to `flow * WORDS`, doubles into its Float64Array relative to `flow * DOUBLES`; both lie over the same
 * bytes. A pair is indexed by direction: +0 sent, +1 received.
 *
 *   0 … 15   key and flags          read by every packet
 *   16 … 31  counters and times     written by every packet
 *   32 … 47  TCP sequence numbers   written by every TCP packet
 *   48 … 63  handshake and rarities
 */

export const WORDS = 64;
export const DOUBLES = WORDS / 2;
export const FLOW_BYTES = WORDS * 4;

/** Directions, as offsets into pairs. */
export const SENT = 0;
export const RECEIVED = 1;

// Key: four words of address each, network order, IPv4 as ::ffff:a.b.c.d.
export const LOCAL = 0;
export const PEER = 4;
/** local port << 16 | peer port */
export const PORTS = 8;
/** capture << 8 | protocol */
export const ORIGIN = 9;
export const FLAGS = 10;
export const HASH = 11;
/** Newest DNS transaction of the flow, as entry + 1; 0: none. */
export const DNS_HEAD = 12;
/** Why the flow left the index early (`EmitReason`); 0: it did not. */
export const LEAVE_REASON = 13;
/** Next free slot, as flow + 1; only while the slot is free. */
export const NEXT_FREE = 14;

// Counters since the last row.
export const PACKETS = 16;
/** Packets with payload. */
export const SEGMENTS = 18;
/** Frame bytes (double, pair). */
export const BYTES = 10;
/** Bytes above the transport header (double, pair). */
export const PAYLOAD = 12;
/** First packet since the last row, and last packet at all; microseconds since 1970 (doubles). */
export const FIRST_US = 14;
export const LAST_US = 15;

// TCP, pairs by the direction that the segments have. Times here are the low 32 bits of microseconds.
/** One above the highest sequence number seen. */
export const NEXT_SEQ = 32;
/** Highest acknowledgement number seen. */
export const ACKED = 34;
/** A range that was skipped and may come late. */
export const HOLE_START = 36;
export const HOLE_END = 38;
export const HOLE_US = 40;
export const RETRANSMITS = 42;
/** Bits of `Tcp`. */
export const TCP = 44;
export const PROBE_SEQ = 45;
export const PROBE_US = 46;
/** Smoothed round trip, microseconds; 0: no sample yet. */
export const SRTT = 47;

// Handshake and rarities.
/** First SYN (or SCTP INIT), microseconds since 1970 (double). */
export const OPEN_US = 24;
/** Latest packet of the handshake (double). */
export const STEP_US = 25;
/** When the flow ended (double). */
export const END_US = 26;
/** Longest wait between two tries of the handshake so far, microseconds. */
export const GAP_US = 54;
export const CLIENT_ISN = 55;
export const SERVER_ISN = 56;
/** Duration of the handshake until it was reported, microseconds. */
export const HANDSHAKE_US = 57;
/** Announcements of a zero window (pair). */
export const ZERO_WINDOWS = 58;
export const SYN_RETRIES = 60;
/** `type << 8 | code` of the ICMP message to report, + 1; 0: none. */
export const ICMP = 61;

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
} as const;
