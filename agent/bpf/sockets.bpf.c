/*
 * Flows of TCP from the kernel's own sockets. Three programs:
 *
 *   set_state   at every change of a socket's state (tracepoint inet_sock_set_state): remembers a connection when
 *               it opens, sends its last row when it ends, sends a row for an attempt that never opened
 *   read_live   one pass over the living connections (bpf_map_elem iterator): a row for each that moved since its
 *               last row
 *   adopt       one pass over the sockets of one namespace (tcp iterator): remembers those older than the watch
 *
 * Nothing runs per packet. Only network namespaces in `pods` are looked at. Rows hold deltas: what a connection has
 * already reported stands beside it in `connections`, so that user space keeps no state. When `connections` is full, a
 * connection's first row and its last one still come, whole; only those in between do not.
 *
 * Needs: BTF and tp_btf (5.5), ring buffer (5.8), bpf_skc_to_tcp_sock and the iterators (5.9), 32-bit and 64-bit
 * compare-and-exchange (5.12), net_cookie in struct net (5.14); read_live besides bpf_rdonly_cast (6.2).
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
  __u32 announced; /* its first row is out, or its beginning was not ours to tell */
  __u8 client;
  __u8 established;
  __u16 unused;
};

enum row_kind {
  ROW_OPENED = 1,
  ROW_CLOSED = 2,
  ROW_ATTEMPT_FAILED = 3,
  ROW_LIVE = 4,
  ROW_OVER = 5, /* the pod is no longer watched: user space shall forget the connection */
};

/* Bits of row.flags. */
enum row_flag {
  FLAG_CLIENT = 1,
  FLAG_UNACKED = 2,    /* data sent that nobody acknowledged */
  FLAG_UNREAD = 4,     /* data received that the program did not read */
  FLAG_UNANSWERED = 8, /* the client asked and got nothing */
  FLAG_FIRST = 16,     /* the connection was not told before */
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

/* A connection this young has just been told; the next pass looks at it. */
#define YOUNG_NS 500000000ull

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 131072);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, __u64);
  __type(value, struct connection);
} connections SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4 << 20);
} rows SEC(".maps");

/*
 * Rows that found no room in the ring; connections that are told neither now nor later; connections that found no room
 * in the map and are told at their ends only; entries of the map that were made, and that the kernel removed.
 */
enum { LOST_ROWS, LOST_CONNECTIONS, SPILLED, MADE, REMOVED, COUNTS };

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, COUNTS);
  __type(key, __u32);
  __type(value, __u64);
} counts SEC(".maps");

static void count(__u32 what) {
  __u64 *counted = bpf_map_lookup_elem(&counts, &what);
  if (counted)
    (*counted)++;
}

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

static __always_inline const struct sock *socket_of(const struct tcp_sock *tp) {
  return &tp->inet_conn.icsk_inet.sk;
}

static __always_inline void copy_addresses(const struct tcp_sock *tp, struct row *row) {
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

static __always_inline void copy_identity(const struct connection *connection, struct row *row) {
  row->since_ns = connection->reported_ns;
  row->pod = connection->pod;
  row->local_isn = connection->local_isn;
  row->peer_isn = connection->peer_isn;
  row->handshake_us = connection->handshake_us;
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

static __always_inline void take_deltas(const struct tcp_sock *tp, struct connection *connection, __u8 state,
                                        struct row *row) {
  row->payload_out = take64(&connection->payload_out, payload_out(tp, connection, state));
  row->payload_in = take64(&connection->payload_in, payload_in(tp));
  row->segs_out = take32(&connection->segs_out, tp->segs_out);
  row->segs_in = take32(&connection->segs_in, tp->segs_in);
  row->data_segs_out = take32(&connection->data_segs_out, tp->data_segs_out);
  row->data_segs_in = take32(&connection->data_segs_in, tp->data_segs_in);
  row->retransmits = take32(&connection->retransmits, tp->total_retrans);
  row->srtt_us = tp->srtt_us >> 3;
  row->header_bytes = tp->tcp_header_len;
  row->error = socket_of(tp)->sk_err;
  /* An ICMP error that comes while connect() has the socket is kept for later. */
  if (!row->error && !connection->established)
    row->error = socket_of(tp)->sk_err_soft;
  row->old_state = state;
  row->flags = flags_of(tp, connection, state);
  if (connection->established && !__sync_lock_test_and_set(&connection->announced, 1))
    row->flags |= FLAG_FIRST;
}

/* False when the ring is full; nothing is taken from the connection then. */
static bool send_row(const struct tcp_sock *tp, struct connection *connection, __u8 kind, __u8 old_state) {
  struct row *row = bpf_ringbuf_reserve(&rows, sizeof(*row), 0);
  if (!row)
    return false;
  row->socket = (__u64)tp;
  row->time_ns = bpf_ktime_get_ns();
  row->kind = kind;
  row->unused = 0;
  copy_addresses(tp, row);
  copy_identity(connection, row);
  take_deltas(tp, connection, old_state, row);
  connection->reported_ns = row->time_ns;
  bpf_ringbuf_submit(row, BPF_RB_NO_WAKEUP);
  return true;
}

static __always_inline bool is_loopback4(__be32 address) {
  return (address & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000);
}

/* A connection that never leaves its namespace: to 127.0.0.0/8, ::1 or an address of its own. */
static __always_inline bool stays_inside(const struct sock_common *common) {
  if (common->skc_family == AF_INET)
    return common->skc_daddr == common->skc_rcv_saddr || is_loopback4(common->skc_daddr);
  const __be32 *peer = common->skc_v6_daddr.in6_u.u6_addr32, *own = common->skc_v6_rcv_saddr.in6_u.u6_addr32;
  bool mapped = peer[0] == 0 && peer[1] == 0 && peer[2] == bpf_htonl(0xffff);
  bool same = peer[0] == own[0] && peer[1] == own[1] && peer[2] == own[2] && peer[3] == own[3];
  return same || (mapped && is_loopback4(peer[3]));
}

/* The pod of a socket: number and flags; 0 when it is not to be told. */
static __u32 pod_of(const struct sock *sk) {
  if (sk->sk_protocol != PROTO_TCP)
    return 0;
  __u64 cookie = sk->__sk_common.skc_net.net->net_cookie;
  __u32 *pod = bpf_map_lookup_elem(&pods, &cookie);
  if (!pod || (!(*pod & POD_LOOPBACK) && stays_inside(&sk->__sk_common)))
    return 0;
  return *pod;
}

/* NULL when the map is full. */
static struct connection *remember(__u64 socket, const struct connection *fresh) {
  long failed = bpf_map_update_elem(&connections, &socket, fresh, BPF_ANY);
  if (failed)
    return NULL;
  count(MADE);
  return bpf_map_lookup_elem(&connections, &socket);
}

static void on_syn_sent(const struct sock *sk) {
  __u32 pod = pod_of(sk);
  if (!pod)
    return;
  __u64 now = bpf_ktime_get_ns();
  struct connection fresh = {.started_ns = now, .reported_ns = now, .pod = pod & POD_NUMBER, .client = 1};
  remember((__u64)sk, &fresh);
}

static void opened(const struct tcp_sock *tp, struct connection *connection) {
  __u64 now = bpf_ktime_get_ns();
  connection->established = 1;
  connection->local_isn = local_isn(tp, connection->client);
  connection->peer_isn = peer_isn(tp);
  /* The accepting side knows the handshake as its first round trip; the other one waited for it. */
  connection->handshake_us = now > connection->started_ns ? (now - connection->started_ns) / 1000 : tp->srtt_us >> 3;
}

static void on_established(const struct sock *sk, int old_state) {
  struct tcp_sock *tp = bpf_skc_to_tcp_sock((void *)sk);
  __u64 socket = (__u64)sk;
  if (!tp)
    return;
  struct connection *connection = bpf_map_lookup_elem(&connections, &socket);
  if (connection) {
    opened(tp, connection);
    send_row(tp, connection, ROW_OPENED, old_state); /* what finds no room is told by the next row */
    return;
  }
  __u32 pod = pod_of(sk);
  if (!pod)
    return;
  struct connection fresh = {.pod = pod & POD_NUMBER, .client = old_state == TCP_SYN_SENT};
  fresh.started_ns = ~0ull;
  opened(tp, &fresh);
  fresh.started_ns = fresh.reported_ns = bpf_ktime_get_ns();
  connection = remember(socket, &fresh);
  if (connection) {
    send_row(tp, connection, ROW_OPENED, old_state);
    return;
  }
  count(SPILLED);
  if (!send_row(tp, &fresh, ROW_OPENED, old_state))
    count(LOST_ROWS);
}

/* A connection that is not in the map: it found no room there. Its sums are still in the socket. */
static void on_unknown_close(const struct tcp_sock *tp, __u32 pod, int old_state) {
  /* A socket that accepts inherits the listener's backlog (sk_clone_lock); one that connects has none. */
  bool client = old_state == TCP_SYN_SENT || socket_of(tp)->sk_max_ack_backlog == 0;
  struct connection whole = {.pod = pod & POD_NUMBER, .client = client, .announced = 1};
  whole.reported_ns = bpf_ktime_get_ns();
  if (old_state == TCP_SYN_SENT) {
    whole.local_isn = tp->snd_una;
  } else if (pod & POD_ADOPTED) {
    whole.established = 1;
    whole.local_isn = local_isn(tp, client);
    whole.peer_isn = peer_isn(tp);
  } else {
    return; /* older than the watch, and counted as lost when it was not adopted */
  }
  if (!send_row(tp, &whole, whole.established ? ROW_CLOSED : ROW_ATTEMPT_FAILED, old_state))
    count(LOST_ROWS);
}

/* A connection that is known ends here even if its pod is no longer selected. */
static void on_close(const struct sock *sk, int old_state) {
  __u64 socket = (__u64)sk;
  if (old_state == TCP_LISTEN || old_state == TCP_SYN_RECV || old_state == TCP_CLOSE)
    return;
  struct tcp_sock *tp = bpf_skc_to_tcp_sock((void *)sk);
  if (!tp)
    return;
  struct connection *connection = bpf_map_lookup_elem(&connections, &socket);
  if (!connection) {
    __u32 pod = pod_of(sk);
    if (pod)
      on_unknown_close(tp, pod, old_state);
    return;
  }
  if (!connection->established)
    connection->local_isn = tp->snd_una; /* nothing was acknowledged */
  if (!send_row(tp, connection, connection->established ? ROW_CLOSED : ROW_ATTEMPT_FAILED, old_state))
    count(LOST_ROWS);
  if (!bpf_map_delete_elem(&connections, &socket))
    count(REMOVED);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(set_state, const struct sock *sk, int old_state, int new_state) {
  if (new_state == TCP_SYN_SENT)
    on_syn_sent(sk);
  else if (new_state == TCP_ESTABLISHED)
    on_established(sk, old_state);
  else if (new_state == TCP_CLOSE)
    on_close(sk, old_state);
  return 0;
}

extern void *bpf_rdonly_cast(const void *object, __u32 btf_id) __ksym;

/* Whether the socket is still the connection's: its memory may have been freed and be another's by now. */
static __always_inline bool is_same(const struct tcp_sock *tp, const struct connection *connection) {
  return local_isn(tp, connection->client) == connection->local_isn && peer_isn(tp) == connection->peer_isn;
}

static __u32 looks;

SEC("iter/bpf_map_elem")
int read_live(struct bpf_iter__bpf_map_elem *ctx) {
  __u64 *socket = ctx->key;
  struct connection *connection = ctx->value;
  if (!socket || !connection)
    return 0;
  struct row row = {};
  if (shall_pause(ctx->meta->seq, &looks, &row, sizeof(row)))
    return 1;
  bool over = pod_is_over(connection->pod);
  if (!connection->established && !over)
    return 0;
  /* The socket may be freed under us: the cast makes every read a checked one. */
  const struct tcp_sock *tp = bpf_rdonly_cast((void *)*socket, bpf_core_type_id_kernel(struct tcp_sock));
  __u64 now = bpf_ktime_get_ns();
  bool still = tp->segs_out == connection->segs_out && tp->segs_in == connection->segs_in && connection->announced;
  if (!over && (still || now < connection->reported_ns + YOUNG_NS))
    return 0;
  if (is_full(ctx->meta->seq, sizeof(struct row)))
    return 1;
  __u8 state = socket_of(tp)->__sk_common.skc_state;
  row.socket = *socket;
  row.time_ns = now;
  row.kind = over ? ROW_OVER : ROW_LIVE;
  copy_addresses(tp, &row);
  copy_identity(connection, &row);
  /* Between snd_una and bytes_acked an acknowledgement may have come: the next pass will see it. */
  if (state == TCP_CLOSE || !is_same(tp, connection)) {
    if (!over)
      return 0;
  } else {
    take_deltas(tp, connection, state, &row);
    connection->reported_ns = now;
  }
  bpf_seq_write(ctx->meta->seq, &row, sizeof(row));
  return 0;
}

/* Writes a byte for each connection that finds no room. */
SEC("iter/tcp")
int adopt(struct bpf_iter__tcp *ctx) {
  struct sock_common *common = ctx->sk_common;
  if (!common)
    return 0;
  struct tcp_sock *tp = bpf_skc_to_tcp_sock(common);
  __u8 state = common->skc_state;
  if (!tp || state == TCP_LISTEN || state == TCP_CLOSE || state == TCP_SYN_RECV)
    return 0;
  __u32 pod = pod_of(socket_of(tp));
  __u64 socket = (__u64)common;
  if (!pod || bpf_map_lookup_elem(&connections, &socket))
    return 0;
  struct connection old = {.pod = pod & POD_NUMBER, .client = 1};
  old.started_ns = old.reported_ns = bpf_ktime_get_ns();
  if (state != TCP_SYN_SENT) {
    old.client = socket_of(tp)->sk_max_ack_backlog == 0;
    old.established = old.announced = 1;
    old.local_isn = local_isn(tp, old.client);
    old.peer_isn = peer_isn(tp);
    old.payload_out = payload_out(tp, &old, state);
    old.payload_in = payload_in(tp);
    old.segs_out = tp->segs_out;
    old.segs_in = tp->segs_in;
    old.data_segs_out = tp->data_segs_out;
    old.data_segs_in = tp->data_segs_in;
    old.retransmits = tp->total_retrans;
  }
  if (!bpf_map_update_elem(&connections, &socket, &old, BPF_NOEXIST)) {
    count(MADE);
    return 0;
  }
  __u8 mark = 1;
  count(LOST_CONNECTIONS);
  bpf_seq_write(ctx->meta->seq, &mark, sizeof(mark));
  return 0;
}
