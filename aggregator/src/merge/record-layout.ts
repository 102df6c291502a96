/*
 * A source record on its way through the merge, 24 words of a ring (pending-ring.ts) that is seen as 32-bit words and
 * as doubles. What readers of flows get of it comes first, so that they copy one cache line.
 *
 *   word  0  state               1  source
 *         2  sent packets        3  received packets    4  sent segments       5  received segments
 *         6  sequence number (f64)                      8  sent bytes (f64)   10  received bytes (f64)
 *        12  sent payload (f64)                        14  received payload (f64)
 *        16  duration, µs       17  handshake, µs      18  round trip, µs
 *        19  slot of its connection, -1: struck out
 *        20  last packet, µs since 1970 (f64)          22  due, ms (f64)
 */
export const ENTRY_WORDS = 24;
/** Words for readers; the first six of them are no halves of doubles. */
export const TOLD_WORDS = 16;
/** Where a record stands that does not wait. */
export const SCRATCH = 0;
/** Where the sums of the low and of the high end's records stand while several of them leave in one flow … */
export const SUM_LOW = ENTRY_WORDS;
export const SUM_HIGH = 2 * ENTRY_WORDS;
/** … and the records themselves. */
export const FOLDED = 3 * ENTRY_WORDS;
/** Records in one flow. */
export const MOST_VIEWS = 8;
/** Entries before those of the ring. */
export const FRONT_ENTRIES = 3 + MOST_VIEWS;

/** Doubles are counted from the start of the record. */
export const Rec = {
  state: 0,
  /** Index of the FlowSource that numbered it. */
  source: 1,
  sentPackets: 2,
  receivedPackets: 3,
  sentSegments: 4,
  receivedSegments: 5,
  sequenceDouble: 3,
  sentBytesDouble: 4,
  receivedBytesDouble: 5,
  sentPayloadDouble: 6,
  receivedPayloadDouble: 7,
  durationUs: 16,
  handshakeUs: 17,
  rttUs: 18,
  slot: 19,
  lastUsDouble: 10,
  dueMsDouble: 11,
} as const;
