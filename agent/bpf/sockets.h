/* What the kernel's own socket says of a connection. */
#pragma once

#include "connections.h"

static __always_inline const struct sock *socket_of(const struct tcp_sock *tp) {
  return &tp->inet_conn.icsk_inet.sk;
}

/* A socket that accepts inherits the listener's backlog (sk_clone_lock); one that connects has none. */
static __always_inline bool connects(const struct tcp_sock *tp) {
  return socket_of(tp)->sk_max_ack_backlog == 0;
}

/*
 * What a socket says, read in one go: the processor waits for all its lines of cache at once. The atomic operations that
 * a row takes would make it wait for each.
 */
struct seen {
  __u64 bytes_acked;
  __u64 bytes_received;
  unsigned long flags;
  __u32 snd_una;
  __u32 write_seq;
  __u32 rcv_nxt;
  __u32 copied_seq;
  __u32 srtt_us;
  __u32 segs_in;
  __u32 segs_out;
  __u32 data_segs_in;
  __u32 data_segs_out;
  __u32 retransmits;
  __u32 error;
  __u32 soft_error;
  __u16 header_bytes;
  __be16 local_port;
  __u8 state;
};

static __always_inline void see(const struct tcp_sock *tp, struct seen *seen) {
  const struct sock *sk = socket_of(tp);
  seen->state = sk->__sk_common.skc_state;
  /* skc_num is already 0 when a socket reaches CLOSE; inet_sport stays. */
  seen->local_port = tp->inet_conn.icsk_inet.inet_sport;
  seen->bytes_acked = tp->bytes_acked;
  seen->bytes_received = tp->bytes_received;
  seen->segs_in = tp->segs_in;
  seen->segs_out = tp->segs_out;
  seen->snd_una = tp->snd_una;
  seen->rcv_nxt = tp->rcv_nxt;
  seen->write_seq = tp->write_seq;
  seen->copied_seq = tp->copied_seq;
  seen->srtt_us = tp->srtt_us;
  seen->data_segs_in = tp->data_segs_in;
  seen->data_segs_out = tp->data_segs_out;
  seen->retransmits = tp->total_retrans;
  seen->header_bytes = tp->tcp_header_len;
  seen->flags = sk->__sk_common.skc_flags;
  seen->error = sk->sk_err;
  seen->soft_error = sk->sk_err_soft;
}

static __always_inline bool sent_fin(__u8 state) {
  return state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2 || state == TCP_TIME_WAIT || state == TCP_LAST_ACK ||
         state == TCP_CLOSING;
}

static __always_inline bool received_fin(const struct seen *seen) {
  return seen->flags & SOCK_DONE_BIT;
}

/* bytes_acked counts what sequence numbers count: our SYN (if we sent the first) and our FIN besides the payload. */
static __always_inline __u64 payload_out(const struct seen *seen, const struct connection *connection, __u8 state) {
  __u64 extra = connection->client && connection->established;
  if (sent_fin(state) && seen->snd_una == seen->write_seq)
    extra++;
  return seen->bytes_acked > extra ? seen->bytes_acked - extra : 0;
}

/* bytes_received counts the peer's FIN. */
static __always_inline __u64 payload_in(const struct seen *seen) {
  bool fin = received_fin(seen);
  return seen->bytes_received > fin ? seen->bytes_received - fin : 0;
}

/* SYN and FIN are in both terms; the SYN of the side that accepts is not in bytes_acked. */
static __always_inline __u32 local_isn(const struct tcp_sock *tp, bool client) {
  return tp->snd_una - (__u32)tp->bytes_acked - !client;
}

static __always_inline __u32 peer_isn(const struct tcp_sock *tp) {
  return tp->rcv_nxt - (__u32)tp->bytes_received - 1;
}

static __always_inline __u8 flags_of(const struct seen *seen, const struct connection *connection, __u8 state) {
  bool asked = connection->client ? seen->data_segs_out : seen->data_segs_in;
  bool answered = connection->client ? seen->data_segs_in : seen->data_segs_out;
  bool unacked = seen->write_seq - seen->snd_una > sent_fin(state);
  bool unread = seen->rcv_nxt - seen->copied_seq > received_fin(seen);
  return (connection->client ? FLAG_CLIENT : 0) | (unacked ? FLAG_UNACKED : 0) | (unread ? FLAG_UNREAD : 0) |
         (asked && !answered ? FLAG_UNANSWERED : 0);
}

/* Whether the socket is still the connection's: its memory may have been freed and be another's by now. */
static __always_inline bool is_same(const struct tcp_sock *tp, const struct connection *connection) {
  return local_isn(tp, connection->client) == connection->local_isn && peer_isn(tp) == connection->peer_isn;
}
