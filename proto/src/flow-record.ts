/**
 * The meaning of a flow row: one connection as one pod's interface saw it during one window.
 * The bits and numbers here are those of `FlowBatch.state` and `FlowBatch.extra_field` on the wire.
 */

/** Fields of the 32-bit `state` of a row: `(state >>> shift) & mask`. The common ones are low, so that most rows need two bytes. */
export const FlowState = {
  initiatorShift: 0,
  initiatorMask: 3,
  outcomeShift: 2,
  outcomeMask: 7,
  closedShift: 5,
  closedMask: 7,
  reasonShift: 8,
  reasonMask: 7,
  /** The connection began in this row. Never set for one that is older than the watch. */
  opened: 1 << 11,
  /** The outcome became known with this row: the one to count. */
  outcomeFinal: 1 << 12,
  /** The row has an entry in `client_isn`. */
  hasClientIsn: 1 << 13,
  /** The row has an entry in `server_isn`. */
  hasServerIsn: 1 << 14,
  /** Counters are the kernel's own socket counters, else frames at an interface. */
  fromSocket: 1 << 15,
} as const;

/** Who sent the first packet. */
export const Initiator = { unknown: 0, local: 1, peer: 2 } as const;

/** How an attempt to connect ended; final, counted once. Numbers are those of `Outcome` in observer.proto. */
export const Outcome = { none: 0, established: 1, refused: 2, unreachable: 3, timeout: 4 } as const;

/** How an established connection ended. Numbers are those of `Closed` in observer.proto. */
export const Closed = { none: 0, fin: 1, reset: 2, aborted: 3, idle: 4 } as const;

/** Why a row was emitted. Numbers are those of `EmitReason` in observer.proto. */
export const EmitReason = {
  none: 0,
  opened: 1,
  active: 2,
  changed: 3,
  closed: 4,
  idle: 5,
  full: 6,
  shutdown: 7,
} as const;

/** Rare values of a row. Times in microseconds, counts as deltas. */
export const FlowExtra = {
  /** From the first SYN to the ACK that completes the handshake, as seen here. */
  handshakeUs: 1,
  /** From a data segment to its acknowledgement, smoothed, as seen here. */
  rttUs: 2,
  sentRetransmits: 3,
  receivedRetransmits: 4,
  /** Announcements of a zero window. */
  sentZeroWindows: 5,
  receivedZeroWindows: 6,
  /** SYNs beyond the first. */
  synRetries: 7,
  /** `type << 8 | code` of the ICMP message that the flow consists of, or that ended it. */
  icmp: 8,
  /** Who reset the connection or refused the attempt by an RST: 1 this end, 2 the peer (numbers of `Initiator`). */
  resetBy: 9,
  /** Payload bytes since the connection began, each byte once, in the row that tells of a reset. */
  resetAfterSent: 10,
  resetAfterReceived: 11,
  /** 1 + index into the batch's names: the server name that the client asked for (TLS). */
  serverName: 12,
} as const;

/** IP protocol numbers (IANA). */
export const Protocol = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, sctp: 132 } as const;

/** `dns_rcode` of a question that nobody answered. */
export const DNS_NO_ANSWER = 65535;

/**
 * Ports of ICMP and ICMPv6 rows: the initiator's port is the echo identifier (0 if the message has none),
 * the responder's is `type << 8 | code` of the initiator's message, so that both ends have the same pair.
 */
export function icmpResponderPort(type: number, code: number): number {
  return (type << 8) | code;
}

/** Limits of a batch; the aggregator refuses what is over them. */
export const FlowLimits = {
  rows: 10_000,
  pods: 1_000,
  addresses: 8_192,
  names: 4_096,
  nameBytes: 255,
  batchBytes: 4 << 20,
} as const;
