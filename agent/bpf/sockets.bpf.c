/*
 * Flows of TCP from the kernel's own sockets. Two programs:
 *
 *   set_state   at every change of a socket's state (tracepoint inet_sock_set_state): remembers a connection when
 *               it opens, sends its last row when it ends, sends a row for an attempt that never opened
 *   read_live   one pass over the living connections (bpf_map_elem iterator): a row for each that moved since its
 *               last row
 *
 * Nothing runs per packet. Only network namespaces in `pods` are looked at. Rows hold deltas: what a connection has
 * already reported stands beside it in `connections`, so that user space keeps no state.
 *
 * Needs: BTF and tp_btf (5.5), ring buffer (5.8), bpf_skc_to_tcp_sock (5.9), map-element iterator (5.9),
 * net_cookie in struct net (5.14); read_live besides bpf_rdonly_cast (6.2).
 */
#include "kernel.h"

char LICENSE[] SEC("license") = "GPL";

/* What a connection has reported, and what does not change. Key: the address of its socket. */
struct connection {
  __u64 started_ns;  /* first SYN sent, or established for the accepting side */
  __u64 reported_ns; /* its last row */
  __u64 payload_out; /* acknowledged */
  __u64 payload_in;
  __u32 segs_out;
  __u32 segs_in;
  __u32 data_segs_out;
  __u32 data_segs_in;
  __u32 retransmits;
  __u32 pod;
  __u32 local_isn;
  __u32 peer_isn;
  __u32 handshake_us;
  __u8 client;
  __u8 established;
  __u16 unused;
};

enum row_kind {
  ROW_OPENED = 1,
  ROW_CLOSED = 2,
  ROW_ATTEMPT_FAILED = 3,
  ROW_LIVE = 4,
};

/* Bits of row.flags. */
enum row_flag {
  FLAG_CLIENT = 1,
  FLAG_UNACKED = 2, /* data sent that nobody acknowledged */
  FLAG_UNREAD = 4,  /* data received that the program did not read */
  FLAG_UNANSWERED = 8, /* the client asked and got nothing */
};

/* One row for user space; agent/src/kernel/socket-row.ts has the same offsets. */
struct row {
  __u64 socket;
  __u64 time_ns;  /* CLOCK_MONOTONIC */
  __u64 since_ns; /* of the row before, or the start */
  __u64 payload_out;
  __u64 payload_in;
  __be32 local[4]; /* IPv4 as ::ffff:a.b.c.d */
  __be32 peer[4];
  __u16 local_port;
  __u16 peer_port;
  __u32 pod;
  __u32 local_isn;
  __u32 peer_isn;
  __u32 handshake_us;
  __u32 srtt_us;
  __u32 segs_out;
  __u32 segs_in;
  __u32 data_segs_out;
  __u32 data_segs_in;
  __u32 retransmits;
  __u16 header_bytes; /* of TCP, options included */
  __u16 error;        /* sk_err */
  __u8 kind;
  __u8 old_state;
  __u8 flags;
  __u8 unused;
};

_Static_assert(sizeof(struct row) == 128, "socket-row.ts counts on it");

/* Network namespace cookie → pod number. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u64);
  __type(value, __u32);
} pods SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 131072);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, __u64);
  __type(value, struct connection);
} connections SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 8 << 20);
} rows SEC(".maps");

/* Rows that found no room in the ring; connections that found none in the map. */
enum { LOST_ROWS, LOST_CONNECTIONS, LOST_KINDS };

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, LOST_KINDS);
  __type(key, __u32);
  __type(value, __u64);
} lost SEC(".maps");

static void count_lost(__u32 kind) {
  __u64 *count = bpf_map_lookup_elem(&lost, &kind);
  if (count)
    __sync_fetch_and_add(count, 1);
}

static void copy_addresses(const struct tcp_sock *tp, struct row *row) {
  const struct inet_sock *inet = &tp->inet_conn.icsk_inet;
  const struct sock_common *common = &inet->sk.__sk_common;
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
  /* skc_num is already 0 when a socket reaches CLOSE; inet_sport stays. */
  row->local_port = bpf_ntohs(inet->inet_sport);
  row->peer_port = bpf_ntohs(common->skc_dport);
}

static void copy_identity(const struct connection *connection, struct row *row) {
  row->since_ns = connection->reported_ns;
  row->pod = connection->pod;
  row->local_isn = connection->local_isn;
  row->peer_isn = connection->peer_isn;
  row->handshake_us = connection->handshake_us;
}

/* bytes_acked counts what sequence numbers count: our SYN (if we sent the first) and our FIN besides the payload. */
static __u64 payload_out(const struct tcp_sock *tp, const struct connection *connection, __u8 state) {
  bool fin_sent = state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2 || state == TCP_TIME_WAIT ||
                  state == TCP_LAST_ACK || state == TCP_CLOSING;
  __u64 extra = connection->client && connection->established;
  if (fin_sent && tp->snd_una == tp->write_seq)
    extra++;
  return tp->bytes_acked > extra ? tp->bytes_acked - extra : 0;
}

/* bytes_received counts the peer's FIN. */
static __u64 payload_in(const struct tcp_sock *tp) {
  bool fin_received = tp->inet_conn.icsk_inet.sk.__sk_common.skc_flags & SOCK_DONE_BIT;
  return tp->bytes_received > fin_received ? tp->bytes_received - fin_received : 0;
}

static __u8 flags_of(const struct tcp_sock *tp, const struct connection *connection) {
  bool asked = connection->client ? tp->data_segs_out : tp->data_segs_in;
  bool answered = connection->client ? tp->data_segs_in : tp->data_segs_out;
  return (connection->client ? FLAG_CLIENT : 0) | (tp->snd_una != tp->write_seq ? FLAG_UNACKED : 0) |
         (tp->rcv_nxt != tp->copied_seq ? FLAG_UNREAD : 0) | (asked && !answered ? FLAG_UNANSWERED : 0);
}

static void copy_deltas(const struct tcp_sock *tp, const struct connection *connection, __u8 state, struct row *row) {
  row->payload_out = payload_out(tp, connection, state) - connection->payload_out;
  row->payload_in = payload_in(tp) - connection->payload_in;
  row->segs_out = tp->segs_out - connection->segs_out;
  row->segs_in = tp->segs_in - connection->segs_in;
  row->data_segs_out = tp->data_segs_out - connection->data_segs_out;
  row->data_segs_in = tp->data_segs_in - connection->data_segs_in;
  row->retransmits = tp->total_retrans - connection->retransmits;
  row->srtt_us = tp->srtt_us >> 3;
  row->header_bytes = tp->tcp_header_len;
  row->error = tp->inet_conn.icsk_inet.sk.sk_err;
  row->old_state = state;
  row->flags = flags_of(tp, connection);
}

static void mark_reported(struct connection *connection, const struct row *row) {
  connection->reported_ns = row->time_ns;
  connection->payload_out += row->payload_out;
  connection->payload_in += row->payload_in;
  connection->segs_out += row->segs_out;
  connection->segs_in += row->segs_in;
  connection->data_segs_out += row->data_segs_out;
  connection->data_segs_in += row->data_segs_in;
  connection->retransmits += row->retransmits;
}

static void send_row(const struct tcp_sock *tp, struct connection *connection, __u8 kind, __u8 old_state) {
  struct row *row = bpf_ringbuf_reserve(&rows, sizeof(*row), 0);
  if (!row) {
    count_lost(LOST_ROWS);
    return;
  }
  row->socket = (__u64)tp;
  row->time_ns = bpf_ktime_get_ns();
  row->kind = kind;
  row->unused = 0;
  copy_addresses(tp, row);
  copy_identity(connection, row);
  copy_deltas(tp, connection, old_state, row);
  mark_reported(connection, row);
  bpf_ringbuf_submit(row, BPF_RB_NO_WAKEUP);
}

static struct connection *remember(__u64 socket, __u32 pod, bool client) {
  __u64 now = bpf_ktime_get_ns();
  struct connection fresh = {.started_ns = now, .reported_ns = now, .pod = pod, .client = client};
  if (bpf_map_update_elem(&connections, &socket, &fresh, BPF_ANY)) {
    count_lost(LOST_CONNECTIONS);
    return NULL;
  }
  return bpf_map_lookup_elem(&connections, &socket);
}

static void opened(const struct tcp_sock *tp, struct connection *connection, int old_state) {
  connection->established = 1;
  connection->local_isn = tp->snd_una - 1;
  connection->peer_isn = tp->rcv_nxt - 1;
  /* The accepting side knows the handshake as its first round trip; the other one waited for it. */
  connection->handshake_us =
      connection->client ? (bpf_ktime_get_ns() - connection->started_ns) / 1000 : tp->srtt_us >> 3;
  send_row(tp, connection, ROW_OPENED, old_state);
}

static void ended(const struct tcp_sock *tp, struct connection *connection, int old_state) {
  if (connection->established) {
    send_row(tp, connection, ROW_CLOSED, old_state);
    return;
  }
  connection->local_isn = tp->snd_una; /* nothing was acknowledged */
  send_row(tp, connection, ROW_ATTEMPT_FAILED, old_state);
}

static __u32 *pod_of(const struct sock *sk) {
  __u64 cookie = sk->__sk_common.skc_net.net->net_cookie;
  return bpf_map_lookup_elem(&pods, &cookie);
}

/* A connection that is known ends here even if its pod is no longer selected. */
static void on_close(const struct sock *sk, int old_state) {
  __u64 socket = (__u64)sk;
  struct connection *connection = bpf_map_lookup_elem(&connections, &socket);
  if (!connection)
    return;
  struct tcp_sock *tp = bpf_skc_to_tcp_sock((void *)sk);
  if (tp)
    ended(tp, connection, old_state);
  bpf_map_delete_elem(&connections, &socket);
}

static void on_established(const struct sock *sk, int old_state) {
  __u64 socket = (__u64)sk;
  struct connection *connection = bpf_map_lookup_elem(&connections, &socket);
  if (!connection) {
    __u32 *pod = pod_of(sk);
    if (pod)
      connection = remember(socket, *pod, false);
  }
  struct tcp_sock *tp = bpf_skc_to_tcp_sock((void *)sk);
  if (tp && connection)
    opened(tp, connection, old_state);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(set_state, const struct sock *sk, int old_state, int new_state) {
  if (new_state == TCP_SYN_SENT) {
    __u32 *pod = pod_of(sk);
    if (pod)
      remember((__u64)sk, *pod, true);
  } else if (new_state == TCP_ESTABLISHED) {
    on_established(sk, old_state);
  } else if (new_state == TCP_CLOSE) {
    on_close(sk, old_state);
  }
  return 0;
}

extern void *bpf_rdonly_cast(const void *object, __u32 btf_id) __ksym;

SEC("iter/bpf_map_elem")
int read_live(struct bpf_iter__bpf_map_elem *ctx) {
  __u64 *socket = ctx->key;
  struct connection *connection = ctx->value;
  if (!socket || !connection || !connection->established)
    return 0;
  /* The socket may be freed under us: the cast makes every read a checked one, and the identity is compared after. */
  const struct tcp_sock *tp = bpf_rdonly_cast((void *)*socket, bpf_core_type_id_kernel(struct tcp_sock));
  if (tp->segs_out == connection->segs_out && tp->segs_in == connection->segs_in)
    return 0;
  struct row row = {.socket = *socket, .time_ns = bpf_ktime_get_ns(), .kind = ROW_LIVE};
  copy_addresses(tp, &row);
  copy_identity(connection, &row);
  copy_deltas(tp, connection, tp->inet_conn.icsk_inet.sk.__sk_common.skc_state, &row);
  if (row.old_state == TCP_CLOSE)
    return 0; /* its last row is on its way */
  if (bpf_seq_write(ctx->meta->seq, &row, sizeof(row)))
    return 1; /* the buffer is full: the kernel calls again for this one */
  mark_reported(connection, &row);
  return 0;
}
