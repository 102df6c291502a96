import { Closed, DNS_NO_ANSWER, Outcome } from '@snoopy/proto';

/** Upper bounds of the handshake's buckets, seconds; a SYN is retried after 1 s and again after 2 s. */
export const handshakeBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 3] as const;
/** Those of round trips on connections that exist. */
export const rttBounds = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01, 0.025, 0.1, 0.25, 1,
] as const;
/** Those of DNS answers; resolvers give up after 5 s. */
export const dnsBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5] as const;

/** Bounds and +Inf. */
export const BUCKETS = 12;

/**
 * What is counted for one set of labels: cells in one Float64Array, all of them whole numbers (times are
 * microseconds). Buckets are not cumulative here.
 */
export const Cell = {
  requestBytes: 0,
  replyBytes: 1,
  requestPackets: 2,
  replyPackets: 3,
  /** By `Outcome - 1`. */
  outcomes: 4,
  /** By `Closed - 1`. */
  closed: 8,
  handshakeBuckets: 12,
  handshakeSum: 24,
  retransmits: 25,
  lostSegments: 26,
  /** By index in `rcodes`. */
  rcodes: 27,
  dnsBuckets: 35,
  dnsSum: 47,
  rttBuckets: 48,
  rttSum: 60,
  each: 61,
} as const;

/** Numbers of the bits of an edge's series in `Edges.wanted`: one for each line, one for each histogram. */
export const SeriesBit = {
  /** Then that of the replies; so too for packets. */
  bytes: 0,
  packets: 2,
  /** By `Outcome - 1`. */
  outcomes: 4,
  /** By `Closed - 1`. */
  closed: 8,
  handshake: 12,
  retransmits: 13,
  lostSegments: 14,
  /** By index in `rcodes`. */
  rcodes: 15,
  dns: 23,
  rtt: 24,
} as const;

/** All bits of SeriesBit. */
export const seriesBits = 2 ** (SeriesBit.rtt + 1) - 1;
/** Beside them in `Edges.wanted`: a flow was counted since `Edges.look`. */
export const TOUCHED = 2 ** (SeriesBit.rtt + 1);

export const outcomeNames = Object.keys(Outcome).filter((name) => name !== 'none');
export const closedNames = Object.keys(Closed).filter((name) => name !== 'none');

/** Codes that have a series; others are counted as `other`. */
export const rcodes = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'other',
  'NOANSWER',
];

/** Index in `rcodes`. */
export function rcodeIndex(rcode: number): number {
  if (rcode === DNS_NO_ANSWER) return 7;
  return Math.min(rcode, 6);
}

/** The bucket of a time: the first whose bound is not below it. */
export function bucketOf(us: number, boundsUs: readonly number[]): number {
  let bucket = 0;
  while (bucket < boundsUs.length && us > boundsUs[bucket]!) bucket++;
  return bucket;
}
