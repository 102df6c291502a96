/*
 * One connection, 128 bytes (two cache lines) in one ArrayBuffer that is seen as 32-bit words and as doubles.
 * One array per field would touch twenty lines for a connection instead of two.
 *
 *   word  0  link                       1  client ISN            2  server ISN           3  flags (Flag)
 *         4  address, low end (4)       8  address, high end (4)
 *        12  ports, low << 16 | high   13  pod, low             14  pod, high            15  memo
 *        16  source, low               17  source, high
 *        18  payload, low → high (f64) 20  payload, high → low (f64)
 *        22  segments, low → high      23  segments, high → low
 *        24  loss marks                25  last seen            26  ticket               27  pods' generation
 *        28  first seen                29  free
 *
 * The ends are ordered so that both views find the same connection, whoever is "local". Pods and sources are
 * numbers + 1, 0 is none. Payload and segments are what left one end minus what reached the other.
 *
 * A connection that looks different from its two ends, because a NAT lies between them, has an alias besides: a slot
 * with the other addresses and ports and, in place of the sums, what is in `Alias`. It links to the connection's own
 * slot, which links to its first alias.
 */
export const SLOT_WORDS = 32;
export const SLOT_DOUBLES = SLOT_WORDS / 2;
export const SLOT_BYTES = SLOT_WORDS * 4;

export const Slot = {
  /** Of a connection its first alias, of an alias its connection, 0: none. */
  link: 0,
  clientIsn: 1,
  serverIsn: 2,
  flags: 3,
  low: 4,
  high: 8,
  ports: 12,
  /** + end: 0 low, 1 high. */
  pod: 13,
  /** Belongs to a sink (MergedFlow.memo). */
  memo: 15,
  /** + end. */
  source: 16,
  /** Doubles, + end: sent by that end minus received by the other. */
  payloadDouble: 9,
  /** + end, signed. */
  segments: 22,
  /** Of the low end in the lower half: the source's loss marks when its last record came. */
  lossMarks: 24,
  /** Tenths of a second of the aggregator's clock. */
  lastSeen: 25,
  /** Ticket of the pending ring, 0: nothing waits; with the bits below. */
  ticket: 26,
  podGeneration: 27,
  /** Start of its first record, milliseconds, modulo 2^32. */
  firstSeen: 28,
} as const;

/** What an alias has in place of the sums. */
export const Alias = {
  /** The connection's next alias, 0: none. */
  next: 18,
  /** 1: its low end is the connection's high end. */
  turned: 19,
  /** Bit of each of the connection's ends that sees itself by these addresses and ports. */
  claims: 20,
} as const;

/** Of a ticket: what waits is the high end's … */
export const WAITING_HIGH = 1 << 31;
/** … and waits for the second time. */
export const WAITING_AGAIN = 1 << 30;
export const TICKET_MASK = WAITING_AGAIN - 1;

/** Bits of `Slot.flags`. Those that exist for each end are shifted left by the end's number. */
export const Flag = {
  protocolMask: 0xff,
  hasClientIsn: 1 << 8,
  hasServerIsn: 1 << 9,
  /** The end that initiated: 0 nobody knows, 1 low, 2 high. */
  initiatorShift: 10,
  /** That end has reported. */
  seen: 1 << 12,
  endedShift: 14,
  /** That end's report was its last. */
  ended: 1 << 14,
  /** That end saw the connection begin. */
  began: 1 << 16,
  /** The end whose counters count: 0 not decided, 1 low, 2 high. */
  primaryShift: 18,
  /** Both of these bits: it is an alias. */
  alias: 3 << 18,
  openedTold: 1 << 20,
  outcomeTold: 1 << 21,
  closedTold: 1 << 22,
  handshakeTold: 1 << 23,
  lostTold: 1 << 24,
  /** What was reported about it is not all. */
  partial: 1 << 25,
  /** Something was not captured, so that what left one end and did not reach the other may not be lost. */
  inexact: 1 << 26,
  /** A pod was not told to the sinks yet. */
  renamed: 1 << 27,
  /** Counters are the kernel's own of its sockets, else of frames. */
  sockets: 1 << 28,
  /** An outcome that only the server's side reported so far: 0 or Outcome, 3 bits. */
  outcomeShift: 29,
} as const;

export const TWO_BITS = 3;
