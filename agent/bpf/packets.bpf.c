/*
 * What no socket counts, on the interfaces of selected pods, inside the pod's own namespace (TCX, both directions).
 * Nothing is changed, the next program always decides.
 *
 *   TCP                        leaves at the first tests, but for a refusal that the pod sends (RST of a port where
 *                              nobody listens): no socket knows it, so it is copied; and but for DNS, below
 *   TCP without sockets        what a pod forwards, or what a TCP outside the kernel makes: tcp-frames.h
 *   UDP, SCTP, ICMP echo …     counted in `flows4` and `flows6`, read by read_flows4/6 as rows of deltas; chunks that
 *                              open or end an SCTP association are copied and counted by user space
 *   DNS (UDP, TCP), ICMP errors  the frame's head is copied to `frames`, where user space's own decoder reads and
 *                              counts it
 *   fragments, odd headers     copied too
 *
 * Copies are bounded by the ring: a DNS message that finds no room is counted like any UDP, everything else is counted
 * as lost.
 *
 *   snoopy_ingress, snoopy_egress   interfaces with an Ethernet header
 *   snoopy_in_raw, snoopy_out_raw   without one (tun, WireGuard)
 *   snoopy_lo                       ingress of lo, where every packet comes by twice
 *
 * The names are known to agent/src/kernel/tc-filters.ts: by them a filter that an agent left is told from another's.
 *
 * Needs: TCX (6.6), ring buffer (5.8), map-element iterator (5.9), global functions with pointers (5.12),
 * bpf_cast_to_kern_ctx (6.2).
 */
#include "flow-passes.h"
#include "flows.h"
#include "frames.h"
#include "packet.h"
#include "tcp-frames.h"

char LICENSE[] SEC("license") = "GPL";

/* Ports of a packet, or what stands for them; payload above the transport's header. */
struct ends {
  __be16 source;
  __be16 destination;
  __u32 payload;
};

/* Counts a packet under its pod-relative key: local is the pod's side. */
static __always_inline void count(const struct look *at, const struct packet *p, const struct ends *ends) {
  bool sent = at->direction == SENT;
  const __be32 *ip = (const __be32 *)p->network;
  __be16 local_port = sent ? ends->source : ends->destination, peer_port = sent ? ends->destination : ends->source;
  __u32 pod_protocol = at->pod << 8 | p->protocol;
  if (p->version == 4) {
    if (!has(p, p->network, 20))
      return;
    struct key4 key = {sent ? ip[3] : ip[4], sent ? ip[4] : ip[3], local_port, peer_port, pod_protocol};
    count4(&key, at->direction, at->skb->len, ends->payload);
    return;
  }
  if (!has(p, p->network, 40))
    return;
  struct key6 key = {.local_port = local_port, .peer_port = peer_port, .pod_protocol = pod_protocol};
  __builtin_memcpy(sent ? key.local : key.peer, ip + 2, 16);
  __builtin_memcpy(sent ? key.peer : key.local, ip + 6, 16);
  count6(&key, at->direction, at->skb->len, ends->payload);
}

/* What follows looks at one protocol each, and says whether the packet is to be counted here. */
static __always_inline bool look_at_udp(const struct look *at, const struct packet *p, struct ends *ends) {
  const __u8 *udp = p->transport;
  if (!has(p, udp, 8))
    return false;
  ends->source = load16(udp);
  ends->destination = load16(udp + 2);
  bool dns = ends->source == bpf_htons(DNS_PORT) || ends->destination == bpf_htons(DNS_PORT);
  if (dns && copy_frame(at, LOST_DNS))
    return false;
  __u32 length = bpf_ntohs(load16(udp + 4));
  ends->payload = length > 8 ? length - 8 : 0;
  return true;
}

static __always_inline bool look_at_sctp(struct look *at, const struct packet *p, struct ends *ends) {
  const __u8 *sctp = p->transport;
  if (!has(p, sctp, 8))
    return false;
  ends->source = load16(sctp);
  ends->destination = load16(sctp + 2);
  /* RFC 9260, 3.2: DATA, SACK, HEARTBEAT and its answer are what an association consists of. */
  bool turns = has(p, sctp, 13) && sctp[12] != 0 && sctp[12] != 3 && sctp[12] != 4 && sctp[12] != 5;
  at->counts = FRAME_COUNTS;
  if (turns && copy_frame(at, LOST_TURNS))
    return false;
  ends->payload = above(at, p, 12);
  return true;
}

/* Echoes are flows between the identifier and the request's type (flow-record.ts); everything else is copied. */
static __always_inline bool look_at_icmp(const struct look *at, const struct packet *p, struct ends *ends) {
  const __u8 *icmp = p->transport;
  if (!has(p, icmp, 8))
    return false;
  __u8 request = p->version == 4 ? 8 : 128, reply = p->version == 4 ? 0 : 129;
  if (icmp[0] != request && icmp[0] != reply) {
    copy_frame(at, LOST_FRAMES);
    return false;
  }
  __be16 identifier = load16(icmp + 4), kind = bpf_htons(request << 8);
  bool asks = icmp[0] == request;
  ends->source = asks ? identifier : kind;
  ends->destination = asks ? kind : identifier;
  ends->payload = above(at, p, 8);
  return true;
}

static __always_inline bool look_at_protocol(struct look *at, const struct packet *p, struct ends *ends) {
  if (p->odd) {
    copy_frame(at, LOST_FRAMES);
    return false;
  }
  if (p->protocol == PROTO_UDP)
    return look_at_udp(at, p, ends);
  if (p->protocol == PROTO_SCTP)
    return look_at_sctp(at, p, ends);
  if (p->protocol == PROTO_ICMP || p->protocol == PROTO_ICMPV6)
    return look_at_icmp(at, p, ends);
  ends->payload = above(at, p, 0);
  return true;
}

static __always_inline void sort(struct look *at, const struct packet *p) {
  struct ends ends = {};
  at->pod = pod_of(at->skb);
  if (at->pod && look_at_protocol(at, p, &ends))
    count(at, p, &ends);
}

/* A pod that talks to itself: the higher port is the local side, as in the flow table (capture-table.ts). */
static __always_inline __u32 side_of(const struct packet *p) {
  if ((p->protocol != PROTO_UDP && p->protocol != PROTO_SCTP && p->protocol != PROTO_TCP) || p->odd || !has(p, p->transport, 4))
    return SENT;
  return bpf_ntohs(load16(p->transport)) >= bpf_ntohs(load16(p->transport + 2)) ? SENT : RECEIVED;
}

/*
 * What is done about a frame whose headers were found. Global, so that the verifier looks at it once and knows nothing
 * of where things are: inlined it would be walked through once for each way there (VLAN tags, extension headers), ten
 * times as long. @direction in @where 0: by the ports
 */
__noinline int examine(struct __sk_buff *skb, __u64 where) {
  struct packet p = {};
  unpack(&p, skb, where);
  struct look at = unpack_look(skb, where);
  bool leaves = at.direction != RECEIVED;
  if (at.direction == 0)
    set_direction(&at, side_of(&p));
  if (!p.odd && p.protocol == PROTO_TCP)
    look_at_tcp(&at, &p, leaves);
  else
    sort(&at, &p);
  return NEXT;
}

static __always_inline int look(struct __sk_buff *skb, __u64 direction, __u64 link) {
  struct packet p = {.end = (__u8 *)(long)skb->data_end};
  __u8 *frame = (__u8 *)(long)skb->data;
  if (!(link == LINK_RAW ? is_ip(&p, frame) : find_network(&p, frame)))
    return NEXT;
  if (!(p.version == 4 ? find_transport4(&p) : find_transport6(&p)))
    return NEXT;
  return examine(skb, pack(&p, frame) | direction << AT_DIRECTION | link << AT_LINK);
}

/* Counts a UDP packet behind plain Ethernet and IPv4. */
static __always_inline int count_plain_udp(struct __sk_buff *skb, __u32 direction) {
  const __u8 *frame = (__u8 *)(long)skb->data, *udp = frame + ETHERNET_BYTES + 20;
  if (udp + 8 > (__u8 *)(long)skb->data_end)
    return NEXT;
  __be16 from = load16(udp), to = load16(udp + 2);
  if (from == bpf_htons(DNS_PORT) || to == bpf_htons(DNS_PORT))
    return look(skb, direction, LINK_ETHERNET);
  __u32 pod = pod_of(skb), length = bpf_ntohs(load16(udp + 4));
  if (!pod)
    return NEXT;
  const __be32 *ip = (const __be32 *)(frame + ETHERNET_BYTES);
  bool sent = direction == SENT;
  struct key4 key = {sent ? ip[3] : ip[4], sent ? ip[4] : ip[3], sent ? from : to, sent ? to : from,
                     pod << 8 | PROTO_UDP};
  count4(&key, direction, skb->len, length > 8 ? length - 8 : 0);
  return NEXT;
}

/* Whether there is nothing in a TCP segment that look_at_tcp() would do anything about. */
static __always_inline bool is_plain_tcp(struct __sk_buff *skb, const __u8 *tcp, bool leaves) {
  __be16 from = load16(tcp), to = load16(tcp + 2);
  if (from == bpf_htons(DNS_PORT) || to == bpf_htons(DNS_PORT) || forwards || frames_only)
    return false;
  if (leaves && (tcp[13] & (TCP_SYN | TCP_RST)))
    return false;
  return skb->len < LEAST_HELLO || !(usually_tls(to) || (leaves && is_first_flight(skb)));
}

/*
 * What nearly all frames are is sorted out here, in as few instructions as possible and without a call, whose return
 * alone takes 10 ns where the processor needs mitigations: TCP in plain IPv4 or IPv6 behind plain Ethernet, and UDP in
 * IPv4. Everything else goes to look().
 */
static __always_inline int look_first(struct __sk_buff *skb, __u32 direction) {
  __u8 *frame = (__u8 *)(long)skb->data, *end = (__u8 *)(long)skb->data_end;
  __u8 *transport = frame + ETHERNET_BYTES + 20;
  if (transport + 8 > end)
    goto other;
  __be16 type = load16(frame + 12);
  if (type == bpf_htons(ETH_IPV4)) {
    if (frame[14] != 0x45 || (load16(frame + 20) & bpf_htons(0x3fff)))
      goto other;
    if (frame[23] == PROTO_UDP)
      return count_plain_udp(skb, direction);
    if (frame[23] != PROTO_TCP)
      goto other;
  } else {
    transport += 20;
    if (type != bpf_htons(ETH_IPV6) || frame[20] != PROTO_TCP)
      goto other;
  }
  if (transport + 20 <= end && is_plain_tcp(skb, transport, direction == SENT))
    return NEXT;
other:
  return look(skb, direction, LINK_ETHERNET);
}

SEC("tc")
int snoopy_egress(struct __sk_buff *skb) {
  return look_first(skb, SENT);
}

SEC("tc")
int snoopy_ingress(struct __sk_buff *skb) {
  return look_first(skb, RECEIVED);
}

SEC("tc")
int snoopy_out_raw(struct __sk_buff *skb) {
  return look(skb, SENT, LINK_RAW);
}

SEC("tc")
int snoopy_in_raw(struct __sk_buff *skb) {
  return look(skb, RECEIVED, LINK_RAW);
}

SEC("tc")
int snoopy_lo(struct __sk_buff *skb) {
  return look(skb, 0, LINK_ETHERNET);
}
