/**
 * One kept flow: 320 bytes, seen as 40 Float64 words and as 80 Uint32 words.
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
 *       70 destination as the source or a hop sees it, 74 source as the destination or a hop sees it; where they differ
 *       78 their ports (source << 16 | destination)
 */
export const Entry = {
  doubles: 40,
  words: 80,
  bytes: 320,

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
  dialled: 70,
  caller: 74,
  otherPorts: 78,
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
  /** The words of `dialled` mean something. */
  dialled: 1 << 22,
  caller: 1 << 23,
} as const;
