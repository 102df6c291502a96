/*
 * A source record on its way through the merge, 24 words of a ring (pending-ring.ts) that is seen as 32-bit words and
 * as doubles:
 *
 *   word  0  state           1  duration, µs     2  handshake, µs    3  round trip, µs
 *         4  sent packets    5  received packets 6  sent segments    7  received segments
 *         8  last packet, µs since 1970 (f64)   10  sequence number (f64)
 *        12  sent bytes (f64)                   14  received bytes (f64)
 *        16  sent payload (f64)                 18  received payload (f64)
 *        20  slot of its connection, -1: struck out                 21  source             22  due, ms (f64)
 */
export const ENTRY_WORDS = 24;
/** Where a record stands that does not wait. */
export const SCRATCH = 0;

/** Doubles are counted from the start of the record. */
export const Rec = {
  state: 0,
  durationUs: 1,
  handshakeUs: 2,
  rttUs: 3,
  sentPackets: 4,
  receivedPackets: 5,
  sentSegments: 6,
  receivedSegments: 7,
  lastUsDouble: 4,
  sequenceDouble: 5,
  sentBytesDouble: 6,
  receivedBytesDouble: 7,
  sentPayloadDouble: 8,
  receivedPayloadDouble: 9,
  slot: 20,
  /** Index of the FlowSource that numbered it. */
  source: 21,
  dueMsDouble: 11,
} as const;
