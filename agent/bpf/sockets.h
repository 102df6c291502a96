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

static __always_inline bool sent_fin(__u8 state) {
  return state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2 || state == TCP_TIME_WAIT || state == TCP_LAST_ACK ||
         state == TCP_CLOSING;
}

static __always_inline bool received_fin(const struct tcp_sock *tp) {
  return socket_of(tp)->__sk_common.skc_flags & SOCK_DONE_BIT;
}

/* bytes_acked counts what sequence numbers count: our SYN (if we sent the first) and our FIN besides the payload. */
static __always_inline __u64 payload_out(const struct tcp_sock *tp, const struct connection *connection, __u8 state) {
  __u64 extra = connection->client && connection->established;
  if (sent_fin(state) && tp->snd_una == tp->write_seq)
    extra++;
  return tp->bytes_acked > extra ? tp->bytes_acked - extra : 0;
}

/* bytes_received counts the peer's FIN. */
static __always_inline __u64 payload_in(const struct tcp_sock *tp) {
  bool fin = received_fin(tp);
  return tp->bytes_received > fin ? tp->bytes_received - fin : 0;
}

/* SYN and FIN are in both terms; the SYN of the side that accepts is not in bytes_acked. */
static __always_inline __u32 local_isn(const struct tcp_sock *tp, bool client) {
  return tp->snd_una - (__u32)tp->bytes_acked - !client;
}

static __always_inline __u32 peer_isn(const struct tcp_sock *tp) {
  return tp->rcv_nxt - (__u32)tp->bytes_received - 1;
}

static __always_inline __u8 flags_of(const struct tcp_sock *tp, const struct connection *connection, __u8 state) {
  bool asked = connection->client ? tp->data_segs_out : tp->data_segs_in;
  bool answered = connection->client ? tp->data_segs_in : tp->data_segs_out;
  bool unacked = tp->write_seq - tp->snd_una > sent_fin(state);
  bool unread = tp->rcv_nxt - tp->copied_seq > received_fin(tp);
  return (connection->client ? FLAG_CLIENT : 0) | (unacked ? FLAG_UNACKED : 0) | (unread ? FLAG_UNREAD : 0) |
         (asked && !answered ? FLAG_UNANSWERED : 0);
}

/* Whether the socket is still the connection's: its memory may have been freed and be another's by now. */
static __always_inline bool is_same(const struct tcp_sock *tp, const struct connection *connection) {
  return local_isn(tp, connection->client) == connection->local_isn && peer_isn(tp) == connection->peer_isn;
}
