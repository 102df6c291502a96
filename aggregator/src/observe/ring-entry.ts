/**
 * One kept flow: 288 bytes, seen as 36 Float64 words and as 72 Uint32 words.
 *
 *   f64  0 time (us)  1 request bytes  2 request payload  3 reply bytes  4 reply payload
 *        5 first view: epoch, sequence, sent bytes, sent payload, received bytes, received payload
 *       11 second view
 *   u32 34 duration (us)  35 flags  36 ports (source << 16 | destination)
 *       37 request: packets, segments, retransmits, zero windows, lost segments
 *       42 reply
 *       47 handshake (us)  48 rtt (us)  49 icmp + 1
 *       50 source address, four words, the first byte of the address highest  54 destination address
 *       58 first view: agent << 2 | vantage, state, sent packets, sent segments, received packets, received segments
 *       64 second view
 */
export const Entry = {
  doubles: 36,
  words: 72,
  bytes: 288,

  time: 0,
  requestBytes: 1,
  requestPayload: 2,
  replyBytes: 3,
  replyPayload: 4,
  viewDoubles: 5,
  viewDoublesEach: 6,

  duration: 34,
  flags: 35,
  ports: 36,
  request: 37,
  reply: 42,
  handshake: 47,
  rtt: 48,
  icmp: 49,
  source: 50,
  destination: 54,
  viewWords: 58,
  viewWordsEach: 6,
} as const;

/**
 * The ends of a flow as other views have them, 9 Uint32 words of an array of their own, which takes no memory before
 * there is a first one. What each holds means something where `EntryFlag` says so.
 */
export const Look = {
  words: 9,
  /** The destination as the source or a hop has it, then the source as the destination or a hop has it. */
  dialled: 0,
  caller: 4,
  /** Of the source << 16, of the destination. */
  ports: 8,
} as const;

/** Bits of `Entry.flags`. */
export const EntryFlag = {
  protocolMask: 0xff,
  outcomeShift: 8,
  outcomeMask: 7,
  closedShift: 11,
  closedMask: 7,
  initiatorKnown: 1 << 14,
  opened: 1 << 15,
  outcomeFinal: 1 << 16,
  partial: 1 << 17,
  viewsShift: 18,
  viewsMask: 3,
  translationShift: 20,
  translationMask: 3,
  /** The look has this. */
  dialled: 1 << 22,
  caller: 1 << 23,
} as const;
