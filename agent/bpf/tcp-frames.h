/*
 * TCP by its frames: full counting of connections that have no socket in the pod's namespace. A pod that forwards (a
 * router, a virtual machine's bridge) or whose TCP is not the kernel's (gVisor) is recognised by a SYN that leaves it
 * without a TCP socket behind it; from that packet on all its connections without sockets are counted, on every
 * watched interface. With `frames_only` (the sockets program cannot be loaded) all connections of all pods are.
 *
 * What opens and ends a connection, and the first packets of each, are copied: user space's flow table makes of them
 * who began, how it went and how it ended. Everything else is counted here, in `tcp_flows`, and goes to that table as
 * rows of deltas (read_tcp_flows), or when a packet ends the connection.
 */
#pragma once

#include "flows.h"
#include "frames.h"
#include "hellos.h"
#include "packet.h"

#define FIRST_LOOKS 8

/* Whether there is anything in `forwarders`; so the other pods of a node without any pay nothing. */
static volatile bool forwards = false;

struct tcp_flow {
  struct flow flow;
  __u32 next_seq[2]; /* sent, received: after the latest byte */
  __u32 ack[2];      /* by the one who acknowledges */
  __u32 looked;
  __u32 unused;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16384);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct key6);
  __type(value, struct tcp_flow);
} tcp_flows SEC(".maps");

/* Namespaces where TCP without sockets was seen, and which pod they are. User space removes those that are over. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, POD_SLOTS);
  __type(key, __u64);
  __type(value, __u32);
} forwarders SEC(".maps");

/* RFC 9293, 3.5.2: a RST in answer to a SYN has sequence number 0 and acknowledges the SYN. */
static __always_inline bool is_refusal(const struct packet *p) {
  const __u8 *tcp = p->transport;
  return has(p, tcp, 14) && (tcp[13] & (TCP_RST | TCP_ACK)) == (TCP_RST | TCP_ACK) && load32(tcp + 4) == 0;
}

/* Of a packet that leaves: whether the kernel's own TCP made it. */
static __always_inline bool has_socket(struct __sk_buff *skb) {
  struct bpf_sock *sk = skb->sk;
  return sk && (sk->family == AF_INET || sk->family == AF_INET6);
}

/* Whether a packet that comes in finds a socket: it may be the first of a connection that has one. */
static __always_inline bool finds_socket(struct __sk_buff *skb, const struct packet *p) {
  struct bpf_sock_tuple tuple = {};
  __u32 bytes = sizeof(tuple.ipv4);
  if (p->version == 4) {
    if (!has(p, p->network, 20) || !has(p, p->transport, 4))
      return true;
    tuple.ipv4.saddr = load32(p->network + 12);
    tuple.ipv4.daddr = load32(p->network + 16);
    tuple.ipv4.sport = load16(p->transport);
    tuple.ipv4.dport = load16(p->transport + 2);
  } else {
    if (!has(p, p->network, 40) || !has(p, p->transport, 4))
      return true;
    __builtin_memcpy(tuple.ipv6.saddr, p->network + 8, 32);
    tuple.ipv6.sport = load16(p->transport);
    tuple.ipv6.dport = load16(p->transport + 2);
    bytes = sizeof(tuple.ipv6);
  }
  struct bpf_sock *sk = bpf_skc_lookup_tcp(skb, &tuple, bytes, BPF_F_CURRENT_NETNS, 0);
  if (!sk)
    return false;
  bpf_sk_release(sk);
  return true;
}

static __always_inline bool tcp_key(const struct look *at, const struct packet *p, struct key6 *key) {
  bool sent = at->direction == SENT;
  const __be32 *ip = (const __be32 *)p->network;
  if (!has(p, p->transport, 20))
    return false;
  __be16 source = load16(p->transport), destination = load16(p->transport + 2);
  key->local_port = sent ? source : destination;
  key->peer_port = sent ? destination : source;
  key->pod_protocol = at->pod << 8 | PROTO_TCP;
  if (p->version == 4) {
    if (!has(p, p->network, 20))
      return false;
    key->local[2] = key->peer[2] = bpf_htonl(0xffff);
    key->local[3] = sent ? ip[3] : ip[4];
    key->peer[3] = sent ? ip[4] : ip[3];
    return true;
  }
  if (!has(p, p->network, 40))
    return false;
  __builtin_memcpy(sent ? key->local : key->peer, ip + 2, 16);
  __builtin_memcpy(sent ? key->peer : key->local, ip + 6, 16);
  return true;
}

/* Bytes above TCP; by the IP header's length, because a short frame may be padded. */
static __always_inline __u32 tcp_payload(const struct look *at, const struct packet *p) {
  __u32 header = (p->transport[12] >> 4) << 2;
  __u32 length = p->version == 4 ? bpf_ntohs(load16(p->network + 2)) : bpf_ntohs(load16(p->network + 4));
  if (length == 0) /* larger than the field says */
    return above(at, p, header);
  __u32 headers = header + distance(p->network, p->transport) - (p->version == 4 ? 0 : 40);
  return length > headers ? length - headers : 0;
}

static __always_inline void count_tcp(struct tcp_flow *known, const struct look *at, const struct packet *p) {
  __u32 payload = tcp_payload(at, p), of = (at->direction - 1) & 1;
  __u32 next = bpf_ntohl(load32(p->transport + 4)) + payload, ack = bpf_ntohl(load32(p->transport + 8));
  add(&known->flow, at->direction, at->skb->len, payload);
  if ((__s32)(next - known->next_seq[of]) > 0 || known->next_seq[of] == 0)
    known->next_seq[of] = next;
  if ((__s32)(ack - known->ack[of]) > 0 || known->ack[of] == 0)
    known->ack[of] = ack;
}

/* The pod, if connections of its namespace are counted by frames; else 0. */
static __always_inline __u32 frames_pod(struct __sk_buff *skb) {
  if (frames_only)
    return pod_of(skb);
  __u64 cookie = cookie_of(skb);
  __u32 *pod = bpf_map_lookup_elem(&forwarders, &cookie);
  return pod ? *pod : 0;
}

/* Too large for the stack. */
static const struct tcp_flow fresh_tcp_flow;

static __always_inline struct tcp_flow *begin_tcp(const struct key6 *key) {
  if (!bpf_map_update_elem(&tcp_flows, key, &fresh_tcp_flow, BPF_NOEXIST)) /* the other processor may have been first */
    tell(MADE);
  struct tcp_flow *known = bpf_map_lookup_elem(&tcp_flows, key);
  if (known && !known->flow.first_ns)
    known->flow.first_ns = known->flow.last_ns = bpf_ktime_get_ns();
  return known;
}

/*
 * A packet of a namespace in which TCP is counted by frames. Global, for the verifier: see examine().
 *
 * @where as in packet.h
 */
__noinline int look_at_frame(struct __sk_buff *skb, __u64 where, __u32 leaves, __u32 refusal) {
  struct packet p = {};
  unpack(&p, skb, where);
  struct look at = unpack_look(skb, where);
  at.pod = frames_pod(skb);
  struct key6 key = {};
  if (!at.pod || !tcp_key(&at, &p, &key))
    return 0;
  __u8 flags = p.transport[13];
  struct tcp_flow *known = bpf_map_lookup_elem(&tcp_flows, &key);
  if (!frames_only && leaves && !refusal && has_socket(skb)) {
    if (known && !bpf_map_delete_elem(&tcp_flows, &key)) /* a translated port looked as if nobody listened */
      untell(MADE);
    return 0;
  }
  if (!known) {
    bool opens = (flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
    if (!frames_only && !leaves && (!opens || finds_socket(skb, &p)))
      return 0;
    known = begin_tcp(&key);
    if (!known) {
      tell(LOST_PACKETS);
      return 0;
    }
  }
  if (flags & (TCP_SYN | TCP_FIN | TCP_RST))
    known->looked = 0;
  at.counts = FRAME_COUNTS;
  if (known->looked < FIRST_LOOKS) {
    known->looked++;
    if (copy_frame(&at, LOST_TURNS)) {
      known->flow.last_ns = bpf_ktime_get_ns();
      return 0;
    }
  }
  count_tcp(known, &at, &p);
  return 0;
}

/* From now on the pod's connections without sockets are counted. */
static __always_inline void learn_forwarder(struct __sk_buff *skb) {
  __u64 cookie = cookie_of(skb);
  __u32 pod = pod_of(skb);
  if (!pod)
    return;
  bpf_map_update_elem(&forwarders, &cookie, &pod, BPF_ANY);
  forwards = true;
}

/* @leaves the packet goes out (or never leaves: loopback) */
static __always_inline void look_at_tcp(struct look *at, const struct packet *p, bool leaves) {
  const __u8 *tcp = p->transport;
  if (!has(p, tcp, 20))
    return;
  __be16 source = load16(tcp), destination = load16(tcp + 2);
  if (source == bpf_htons(DNS_PORT) || destination == bpf_htons(DNS_PORT)) {
    at->pod = pod_of(at->skb);
    at->counts = FRAME_COUNTS;
    if (at->pod)
      copy_frame(at, LOST_FRAMES);
    return;
  }
  look_at_tls(at, p, destination, leaves);
  bool refusal = leaves && !frames_only && (tcp[13] & TCP_RST) && is_refusal(p);
  if (leaves && !frames_only && (tcp[13] & TCP_SYN) && !has_socket(at->skb))
    learn_forwarder(at->skb);
  /* The SYN that a forwarding pod refuses is counted by frames, whoever the refusal is from. */
  if (frames_only || (forwards && (!refusal || frames_pod(at->skb)))) {
    look_at_frame(at->skb, at->where, leaves, refusal);
  } else if (refusal) {
    at->pod = pod_of(at->skb);
    if (at->pod)
      copy_frame(at, LOST_FRAMES);
  }
}
