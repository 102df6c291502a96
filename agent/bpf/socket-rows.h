/* Rows of a connection: what its socket counted since the row before. */
#pragma once

#include "sockets.h"

/*
 * Raises what was reported to a total and returns by how much. A row at the connection's end and one of a pass may be
 * made on two processors at once: what one of them has taken, the other does not.
 */
static __always_inline __u64 take64(__u64 *reported, __u64 total) {
  __u64 before = *(volatile __u64 *)reported;
  for (int tries = 0; tries < 4 && total > before; tries++) {
    __u64 found = __sync_val_compare_and_swap(reported, before, total);
    if (found == before)
      return total - before;
    before = found;
  }
  return 0;
}

/* The same for counters that wrap. */
static __always_inline __u32 take32(__u32 *reported, __u32 total) {
  __u32 before = *(volatile __u32 *)reported;
  for (int tries = 0; tries < 4 && (__s32)(total - before) > 0; tries++) {
    __u32 found = __sync_val_compare_and_swap(reported, before, total);
    if (found == before)
      return total - before;
    before = found;
  }
  return 0;
}

static __always_inline void copy_addresses(const struct tcp_sock *tp, const struct seen *seen, struct row *row) {
  const struct sock_common *common = &socket_of(tp)->__sk_common;
  if (common->skc_family == AF_INET) {
    row->local[0] = row->local[1] = row->peer[0] = row->peer[1] = 0;
    row->local[2] = row->peer[2] = bpf_htonl(0xffff);
    row->local[3] = common->skc_rcv_saddr;
    row->peer[3] = common->skc_daddr;
  } else {
    for (int i = 0; i < 4; i++) {
      row->local[i] = common->skc_v6_rcv_saddr.in6_u.u6_addr32[i];
      row->peer[i] = common->skc_v6_daddr.in6_u.u6_addr32[i];
    }
  }
  row->local_port = bpf_ntohs(seen->local_port);
  row->peer_port = bpf_ntohs(common->skc_dport);
}

static __always_inline void copy_identity(const struct connection *connection, struct row *row) {
  row->since_ns = connection->reported_ns;
  row->pod = connection->pod;
  row->local_isn = connection->local_isn;
  row->peer_isn = connection->peer_isn;
  row->handshake_us = connection->handshake_us;
}

/* @state the one that the connection is told in: at its end the socket has another already */
static __always_inline void take_deltas(const struct seen *seen, struct connection *connection, __u8 state,
                                        struct row *row) {
  row->payload_out = take64(&connection->payload_out, payload_out(seen, connection, state));
  row->payload_in = take64(&connection->payload_in, payload_in(seen));
  row->segs_out = take32(&connection->segs_out, seen->segs_out);
  row->segs_in = take32(&connection->segs_in, seen->segs_in);
  row->data_segs_out = take32(&connection->data_segs_out, seen->data_segs_out);
  row->data_segs_in = take32(&connection->data_segs_in, seen->data_segs_in);
  row->retransmits = take32(&connection->retransmits, seen->retransmits);
  row->srtt_us = seen->srtt_us >> 3;
  row->header_bytes = seen->header_bytes;
  /* An ICMP error that comes while connect() has the socket is kept for later. */
  row->error = seen->error || connection->established ? seen->error : seen->soft_error;
  row->old_state = state;
  row->flags = flags_of(seen, connection, state);
  if (connection->established && !connection->announced && !__sync_lock_test_and_set(&connection->announced, 1))
    row->flags |= FLAG_FIRST;
}

/* False when the ring is full; nothing is taken from the connection then. */
static bool send_row(const struct tcp_sock *tp, struct connection *connection, __u8 kind, __u8 old_state) {
  struct row *row = bpf_ringbuf_reserve(&rows, sizeof(*row), 0);
  if (!row)
    return false;
  struct seen seen;
  see(tp, &seen);
  row->time_ns = bpf_ktime_get_ns();
  row->kind = kind;
  row->unused = 0;
  copy_addresses(tp, &seen, row);
  copy_identity(connection, row);
  take_deltas(&seen, connection, old_state, row);
  row->totals[0] = connection->payload_out;
  row->totals[1] = connection->payload_in;
  connection->reported_ns = row->time_ns;
  bpf_ringbuf_submit(row, 0);
  return true;
}
