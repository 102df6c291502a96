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
 * The kernel does not run a program of this type while it already runs on the same processor: an interrupt that lets
 * TCP work in the middle of set_state hides that work from it (about 3 changes of state in a million, with two
 * processors saturated by new connections). An end that was hidden leaves its connection behind. That is found when the socket's memory is
 * used again, or by two passes in a row, and counted: MISSED.
 *
 * Needs: BTF and tp_btf (5.5), ring buffer (5.8), bpf_skc_to_tcp_sock and the iterators (5.9), 32-bit and 64-bit
 * compare-and-exchange (5.12), net_cookie in struct net (5.14); read_live besides bpf_rdonly_cast (6.2).
 */
#include "passes.h"
#include "pods.h"
#include "socket-rows.h"

char LICENSE[] SEC("license") = "GPL";

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

/* NULL when the map is full. What is there already belongs to a socket whose end nobody showed us: see MISSED. */
static struct connection *remember(__u64 socket, const struct connection *fresh) {
  long failed = bpf_map_update_elem(&connections, &socket, fresh, BPF_NOEXIST);
  if (failed == -EEXIST) {
    tell(MISSED);
    failed = bpf_map_update_elem(&connections, &socket, fresh, BPF_EXIST);
  } else if (!failed) {
    tell(MADE);
  }
  return failed ? NULL : bpf_map_lookup_elem(&connections, &socket);
}

static void forget(__u64 socket) {
  if (!bpf_map_delete_elem(&connections, &socket))
    tell(REMOVED);
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
  if (connection && !connection->established && connection->client && (old_state == TCP_SYN_SENT || connects(tp))) {
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
  tell(SPILLED);
  if (!send_row(tp, &fresh, ROW_OPENED, old_state))
    tell(LOST_ROWS);
}

/* A connection that is not in the map: it found no room there. Its sums are still in the socket. */
static void on_unknown_close(const struct tcp_sock *tp, __u32 pod, int old_state) {
  bool client = old_state == TCP_SYN_SENT || connects(tp);
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
    tell(LOST_ROWS);
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
  if (old_state != TCP_SYN_SENT && !is_same(tp, connection)) {
    if (connection->established) { /* of the socket before, in the same memory */
      tell(MISSED);
      __u32 pod = pod_of(sk);
      if (pod)
        on_unknown_close(tp, pod, old_state);
      forget(socket);
      return;
    }
    opened(tp, connection); /* that it opened, nobody showed us either */
    connection->handshake_us = 0;
  }
  if (!connection->established)
    connection->local_isn = tp->snd_una; /* nothing was acknowledged */
  if (!send_row(tp, connection, connection->established ? ROW_CLOSED : ROW_ATTEMPT_FAILED, old_state))
    tell(LOST_ROWS);
  forget(socket);
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

/*
 * Whether a connection is here whose end nobody showed us. Seen once it may be ending right now, or an acknowledgement
 * may have come between two reads; so it has to be seen in two passes in a row.
 */
static __always_inline bool is_gone(bool same, struct connection *connection, __u8 state) {
  bool ended = connection->established ? state == TCP_CLOSE || !same : state != TCP_SYN_SENT;
  if (ended && connection->doubts)
    return true;
  if (connection->doubts != ended) /* a line of cache that nobody wrote need not be written back */
    connection->doubts = ended;
  return false;
}

static __u32 looks;
static const struct row no_row;

SEC("iter/bpf_map_elem")
int read_live(struct bpf_iter__bpf_map_elem *ctx) {
  __u64 *socket = ctx->key;
  struct connection *connection = ctx->value;
  if (!socket || !connection)
    return 0;
  if (shall_pause(ctx->meta->seq, &looks, &no_row, sizeof(no_row)))
    return 1;
  /* The socket may be freed under us: the cast makes every read a checked one. */
  const struct tcp_sock *tp = bpf_rdonly_cast((void *)*socket, bpf_core_type_id_kernel(struct tcp_sock));
  struct seen seen;
  see(tp, &seen);
  bool over = pod_is_over(connection->pod);
  bool same = is_same(tp, connection);
  bool gone = is_gone(same, connection, seen.state);
  if (!connection->established && !over && !gone)
    return 0;
  bool still = seen.segs_out == connection->segs_out && seen.segs_in == connection->segs_in && connection->announced;
  if (!over && !gone && still)
    return 0;
  __u64 now = bpf_ktime_get_ns();
  if (!over && !gone && now < connection->reported_ns + YOUNG_NS)
    return 0;
  if (is_full(ctx->meta->seq, sizeof(struct row)))
    return 1;
  struct row row = {};
  row.socket = *socket;
  row.time_ns = now;
  row.kind = gone ? ROW_GONE : over ? ROW_OVER : ROW_LIVE;
  copy_addresses(tp, &seen, &row);
  copy_identity(connection, &row);
  barrier();
  same = connection->established && same && is_same(tp, connection);
  if (same && (gone || seen.state != TCP_CLOSE)) {
    take_deltas(&seen, connection, gone && received_fin(&seen) ? TCP_TIME_WAIT : seen.state, &row);
    row.flags |= gone ? FLAG_KNOWN : 0;
    connection->reported_ns = now;
  } else if (!over && !gone) {
    return 0; /* between snd_una and bytes_acked an acknowledgement may have come: the next pass will see it */
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
    old.client = connects(tp);
    old.established = old.announced = 1;
    old.local_isn = local_isn(tp, old.client);
    old.peer_isn = peer_isn(tp);
    struct seen seen;
    see(tp, &seen);
    old.payload_out = payload_out(&seen, &old, state);
    old.payload_in = payload_in(&seen);
    old.segs_out = seen.segs_out;
    old.segs_in = seen.segs_in;
    old.data_segs_out = seen.data_segs_out;
    old.data_segs_in = seen.data_segs_in;
    old.retransmits = seen.retransmits;
  }
  if (!bpf_map_update_elem(&connections, &socket, &old, BPF_NOEXIST)) {
    tell(MADE);
    return 0;
  }
  __u8 mark = 1;
  tell(LOST_CONNECTIONS);
  bpf_seq_write(ctx->meta->seq, &mark, sizeof(mark));
  return 0;
}
