import { TOLD_WORDS } from '../merge/record-layout.js';

/**
 * One kept flow: 192 bytes, seen as 24 Float64 words and as 48 Uint32 words.
 *
 *   f64  0 time (us)
 *   u32  2 duration (us)  3 flags  4 ports (source << 16 | destination)  5 handshake (us)  6 rtt (us)
 *        7 room that its DNS transactions, views and name take (flow-ring.ts)
 *        8 source address, 16 bytes  12 destination address
 *       16 first view's record, sixteen words as in merge/record-layout.ts  32 second view's
 *
 * The counters of the flow are those of one of its views. A folded flow has only the sum that counts, in place of the
 * first view's record; its views are elsewhere (folded-views.ts).
 */
export const Entry = {
  doubles: 24,
  words: 48,
  bytes: 192,

  time: 0,

  duration: 2,
  flags: 3,
  ports: 4,
  handshake: 5,
  rtt: 6,
  more: 7,
  source: 8,
  destination: 12,
  record: 16,
  recordWords: TOLD_WORDS,
} as const;

/**
 * What few flows have, 12 Float64 words of an array of their own, which takes no memory before there is a first one.
 * It means something where `EntryFlag.rare` says so.
 */
export const Rare = {
  doubles: 12,
  /** Retransmitted segments, announced zero windows, lost segments. */
  request: 0,
  reply: 3,
  /** 1 + `type << 8 | code`. */
  icmp: 6,
  syns: 7,
  resetBy: 8,
  resetAfterRequest: 9,
  resetAfterReply: 10,
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
  /** There are rare values. */
  rare: 1 << 24,
  /** 1 + the view whose counters count, 0: none. */
  primaryShift: 25,
  primaryMask: 3,
  /** Vantage of the first view; the second's two bits follow. */
  vantageShift: 27,
  vantageMask: 3,
  /** There are others than one view of the source and one of the destination, at most. */
  folded: 1 << 31,
} as const;
