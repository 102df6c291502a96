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
 * Needs: TCX (6.6), ring buffer (5.8), map-element iterator (5.9), bpf_cast_to_kern_ctx (6.2).
 */
#include "flow-passes.h"
#include "flows.h"
#include "frames.h"
#include "packet.h"
#include "tcp-frames.h"

char LICENSE[] SEC("license") = "GPL";

/* Counts a packet under its pod-relative key: local is the pod's side. */
static __always_inline void count(const struct look *at, const struct packet *p, __be16 source_port,
                                  __be16 destination_port, __u64 payload) {
  bool sent = at->direction == SENT;
  const __be32 *ip = (const __be32 *)p->network;
  __be16 local_port = sent ? source_port : destination_port, peer_port = sent ? destination_port : source_port;
  __u32 pod_protocol = at->pod << 8 | p->protocol;
  if (p->version == 4) {
    if (!has(p, p->network, 20))
      return;
    struct key4 key = {sent ? ip[3] : ip[4], sent ? ip[4] : ip[3], local_port, peer_port, pod_protocol};
    count_flow(&flows4, &key, at->direction, at->skb->len, payload);
    return;
  }
  if (!has(p, p->network, 40))
    return;
  struct key6 key = {.local_port = local_port, .peer_port = peer_port, .pod_protocol = pod_protocol};
  __builtin_memcpy(sent ? key.local : key.peer, ip + 2, 16);
  __builtin_memcpy(sent ? key.peer : key.local, ip + 6, 16);
  count_flow(&flows6, &key, at->direction, at->skb->len, payload);
}

static __always_inline void look_at_udp(const struct look *at, const struct packet *p) {
  const __u8 *udp = p->transport;
  if (!has(p, udp, 8))
    return;
  __be16 source = load16(udp), destination = load16(udp + 2);
  bool dns = source == bpf_htons(DNS_PORT) || destination == bpf_htons(DNS_PORT);
  if (dns && copy_frame(at, LOST_DNS))
    return;
  __u32 length = bpf_ntohs(load16(udp + 4));
  count(at, p, source, destination, length > 8 ? length - 8 : 0);
}

static __always_inline void look_at_sctp(struct look *at, const struct packet *p) {
  const __u8 *sctp = p->transport;
  if (!has(p, sctp, 8))
    return;
  /* RFC 9260, 3.2: DATA, SACK, HEARTBEAT and its answer are what an association consists of. */
  bool turns = has(p, sctp, 13) && sctp[12] != 0 && sctp[12] != 3 && sctp[12] != 4 && sctp[12] != 5;
  at->counts = FRAME_COUNTS;
  if (turns && copy_frame(at, LOST_TURNS))
    return;
  count(at, p, load16(sctp), load16(sctp + 2), above(at, p, 12));
}

/* Echoes are flows between the identifier and the request's type (flow-record.ts); everything else is copied. */
static __always_inline void look_at_icmp(const struct look *at, const struct packet *p) {
  const __u8 *icmp = p->transport;
  if (!has(p, icmp, 8))
    return;
  __u8 request = p->version == 4 ? 8 : 128, reply = p->version == 4 ? 0 : 129;
  if (icmp[0] != request && icmp[0] != reply) {
    copy_frame(at, LOST_FRAMES);
    return;
  }
  __be16 identifier = load16(icmp + 4), kind = bpf_htons(request << 8);
  bool asks = icmp[0] == request;
  count(at, p, asks ? identifier : kind, asks ? kind : identifier, above(at, p, 8));
}

static __always_inline void sort(struct look *at, const struct packet *p) {
  at->pod = pod_of(at->skb);
  if (!at->pod)
    return;
  if (p->odd)
    copy_frame(at, LOST_FRAMES);
  else if (p->protocol == PROTO_UDP)
    look_at_udp(at, p);
  else if (p->protocol == PROTO_SCTP)
    look_at_sctp(at, p);
  else if (p->protocol == PROTO_ICMP || p->protocol == PROTO_ICMPV6)
    look_at_icmp(at, p);
  else
    count(at, p, 0, 0, above(at, p, 0));
}

/* A pod that talks to itself: the higher port is the local side, as in the flow table (capture-table.ts). */
static __always_inline __u32 side_of(const struct packet *p) {
  if ((p->protocol != PROTO_UDP && p->protocol != PROTO_SCTP && p->protocol != PROTO_TCP) || p->odd || !has(p, p->transport, 4))
    return SENT;
  return bpf_ntohs(load16(p->transport)) >= bpf_ntohs(load16(p->transport + 2)) ? SENT : RECEIVED;
}

/* One for all programs, so that the first tests below need no registers to be saved. @direction 0: by the ports */
static __noinline int look(struct __sk_buff *skb, __u32 direction, __u32 link) {
  struct packet p = {.end = (__u8 *)(long)skb->data_end};
  struct look at = {.skb = skb, .direction = direction, .link = link};
  __u8 *frame = (__u8 *)(long)skb->data;
  if (!(link == LINK_RAW ? is_ip(&p, frame) : find_network(&p, frame)))
    return NEXT;
  if (!(p.version == 4 ? find_transport4(&p) : find_transport6(&p)))
    return NEXT;
  if (direction == 0)
    at.direction = side_of(&p);
  if (!p.odd && p.protocol == PROTO_TCP)
    look_at_tcp(&at, &p, direction != RECEIVED);
  else
    sort(&at, &p);
  return NEXT;
}

/*
 * Whether a frame is what nearly all are: TCP in plain IPv4 or IPv6 behind plain Ethernet, with nothing in it that
 * look_at_tcp() would do anything about. As few instructions as possible.
 */
static __always_inline bool is_ordinary(struct __sk_buff *skb, bool leaves) {
  __u8 *frame = (__u8 *)(long)skb->data, *end = (__u8 *)(long)skb->data_end;
  if (frame + ETHERNET_BYTES + 40 > end)
    return false;
  __be16 type = load16(frame + 12);
  __u8 *tcp = frame + ETHERNET_BYTES + 20;
  if (type == bpf_htons(ETH_IPV4)) {
    if (frame[14] != 0x45 || frame[23] != PROTO_TCP || (load16(frame + 20) & bpf_htons(0x3fff)))
      return false;
  } else {
    tcp += 20;
    if (type != bpf_htons(ETH_IPV6) || tcp + 20 > end || frame[20] != PROTO_TCP)
      return false;
  }
  __be16 from = load16(tcp), to = load16(tcp + 2);
  if (from == bpf_htons(DNS_PORT) || to == bpf_htons(DNS_PORT) || forwards || frames_only)
    return false;
  if (leaves && (tcp[13] & (TCP_SYN | TCP_RST)))
    return false;
  return skb->len < LEAST_HELLO || !(usually_tls(to) || (leaves && is_first_flight(skb)));
}

SEC("tc")
int snoopy_egress(struct __sk_buff *skb) {
  return is_ordinary(skb, true) ? NEXT : look(skb, SENT, LINK_ETHERNET);
}

SEC("tc")
int snoopy_ingress(struct __sk_buff *skb) {
  return is_ordinary(skb, false) ? NEXT : look(skb, RECEIVED, LINK_ETHERNET);
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
