import type { LossMessage } from '../types.js';

/** What a batch carries besides its rows. */
export interface FlowBatchHeader {
  /** Start of the agent, microseconds since 1970. */
  epoch: number;
  /** Number of the first row; of the next row to come when there are no rows. */
  firstSequence: number;
  /** Number of the batch in this run of the agent, from 1; by it a repeat of a batch without rows is known. */
  serial?: number;
  /** What was lost since the previous batch. */
  lost: LossMessage[];
}

/** Field numbers of `FlowBatch` in flow.proto. */
export const BatchField = {
  epoch: 1,
  firstSequence: 2,
  rows: 3,
  lost: 4,
  pods: 5,
  addressesV4: 6,
  addressesV6: 7,
  names: 8,
  kinds: 9,
  baseUs: 10,
  kind: 11,
  lastUs: 12,
  pod: 13,
  localAddress: 14,
  peerAddress: 15,
  servicePort: 16,
  sentPackets: 17,
  receivedPackets: 18,
  sentEmpty: 19,
  receivedEmpty: 20,
  sentOverhead: 21,
  receivedOverhead: 22,
  sentPayload: 23,
  receivedPayload: 24,
  durationUs: 25,
  clientPort: 26,
  clientIsn: 27,
  serverIsn: 28,
  extraRow: 29,
  extraField: 30,
  extraValue: 31,
  dnsRow: 32,
  dnsName: 33,
  dnsType: 34,
  dnsRcode: 35,
  dnsLatencyUs: 36,
  serial: 37,
  answerDns: 38,
  answerAddress: 39,
} as const;

/** Largest `state` that a kind can hold, and the largest number that a double holds exactly. */
export const MAX_STATE = 2 ** 24 - 1;
export const MAX_NUMBER = Number.MAX_SAFE_INTEGER;
/** Entries of `kinds` and of `lost` that a batch may hold. */
export const MAX_KINDS = 1_024;
export const MAX_LOSSES = 256;

/**
 * Bytes of headers that a frame usually has: Ethernet 14, IPv4 20 or IPv6 40, and TCP 32 (with the timestamps that
 * every common system sends, RFC 7323) or UDP and ICMP 8. Only a prediction: what differs is sent as a correction.
 */
export function usualHeaderBytes(protocol: number, ipv6: boolean): number {
  const transport = protocol === 6 ? 32 : protocol === 17 || protocol === 1 || protocol === 58 ? 8 : 0;
  return 14 + (ipv6 ? 40 : 20) + transport;
}
