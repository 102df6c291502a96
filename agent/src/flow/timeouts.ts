/*
 * How long what lasts. Microseconds.
 */

/** Active flows are reported at multiples of this of the wall clock, so that both ends cut at the same moment. */
export const WINDOW_US = 5_000_000;

/**
 * A row is cut while its flow is silent, for so long at least: the two ends of a connection are read at different
 * moments, and what is on its way between them would be in one end's row and not in the other's. Longer than a
 * capture takes to hand on a packet.
 */
export const QUIET_US = 250_000;
/** A flow that never pauses is cut after so long all the same. */
export const PATIENCE_US = 500_000;

/**
 * Idle timeouts. TCP's is that of Cilium's connection table, above the two hours of the default keep-alive; the others
 * are those of Linux's connection tracking (nf_conntrack_*_timeout).
 */
export const TCP_IDLE_US = 8_000_000_000;
/** TCP with one FIN, or older than the watch and seen in one direction only. */
export const TCP_HALF_IDLE_US = 120_000_000;
/** Both FINs seen, but not all acknowledged. */
export const TCP_CLOSING_US = 10_000_000;
export const SCTP_IDLE_US = 210_000_000;
export const ANSWERED_IDLE_US = 120_000_000;
export const UNANSWERED_IDLE_US = 30_000_000;
export const EXCLUDED_IDLE_US = 60_000_000;

/** What ended stays so long for stragglers (the last ACK, a repeated FIN, answers to an RST). */
export const LINGER_US = 5_000_000;

/**
 * An attempt is given up when its client's schedule has passed without another try. The schedule is not known, so
 * the next try is expected after at most twice the longest wait so far: RFC 6298 (5.5) doubles the timeout, Linux
 * repeats it a few times before (tcp_syn_linear_timeouts). Before the first retry it is 3 s, the first timeout of
 * RFC 1122, of SCTP (RFC 9260, 16) and of old stacks; today's use 1 s (RFC 6298, 2.1).
 */
export const FIRST_RETRY_US = 3_000_000;
/** Linux's TCP_RTO_MAX. */
export const LONGEST_RETRY_US = 120_000_000;

/** @returns how long after the latest try another one is to be expected, with an eighth and half a second to spare. */
export function retryPatienceUs(longestGapUs: number): number {
  const next = Math.min(Math.max(longestGapUs * 2, FIRST_RETRY_US), LONGEST_RETRY_US);
  return next + next / 8 + 500_000;
}

/** A question without answer is given up. */
export const DNS_PATIENCE_US = 5_000_000;

/** Fragments of one datagram arrive within (RFC 8200, 4.5: 60 s; Linux: 30 s). */
export const FRAGMENT_LIFE_US = 30_000_000;

/**
 * A segment that comes so soon after the gap that it fills was reordered, not sent again: who sends again must first
 * have heard of the gap, which takes a round trip. So it is the handshake's time, if that was shorter.
 */
export const REORDER_US = 3_000;

/** When the table is full a flow is evicted only if it was silent for so long. */
export const EVICTABLE_US = 1_000_000;

/** Every flow is looked at once in this time. */
export const SWEEP_US = 1_000_000;
