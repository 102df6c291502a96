/*
 * What no socket counts, on the interfaces of selected pods, inside the pod's own namespace (TCX, both directions).
 * Nothing is changed, the next program always decides.
 *
 *   TCP                        leaves at the first test, but for a refusal that the pod sends (RST of a port where
 *                              nobody listens): no socket knows it, so it is copied
 *   UDP, SCTP, ICMP echo …     counted in `flows4` and `flows6`, read by read_flows4/6 as rows of deltas
 *   DNS, ICMP errors           the frame's head is copied to `frames`, where user space's own decoder reads and
 *                              counts it
 *   fragments, odd headers     copied too
 *
 * Copies are bounded by the ring: a DNS message that finds no room is counted like any UDP, everything else is counted
 * as lost.
 *
 *   ingress, egress           interfaces with an Ethernet header
 *   ingress_raw, egress_raw   without one (tun, WireGuard)
 *   loopback                  ingress of lo, where every packet comes by twice
 *
 * Needs: TCX (6.6), ring buffer (5.8), map-element iterator (5.9), bpf_cast_to_kern_ctx (6.2).
 */
#include "kernel.h"

char LICENSE[] SEC("license") = "GPL";

/* include/uapi/linux/bpf.h (6.6), include/uapi/linux/pkt_cls.h: the next program decides. */
#define NEXT (-1)

#define ETHERNET_BYTES 14
#define COPY_BYTES 384 /* any DNS question behind VLAN tags and IPv6: see --snaplen of the packet path */

enum { ETH_IPV4 = 0x0800, ETH_IPV6 = 0x86dd };
enum { TCP_RST = 4, TCP_ACK = 16 };
enum { DNS_PORT = 53 };
enum { SENT = 1, RECEIVED = 2 };
enum { LINK_ETHERNET = 1, LINK_RAW = 101 }; /* pcap's link types */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct net_device {
  possible_net_t nd_net;
};
struct sk_buff {
  struct net_device *dev;
};
#pragma clang attribute pop

extern void *bpf_cast_to_kern_ctx(void *object) __ksym;

struct key4 {
  __be32 local;
  __be32 peer;
  __be16 local_port;
  __be16 peer_port;
  __u32 pod_protocol; /* pod << 8 | protocol */
};

struct key6 {
  __be32 local[4];
  __be32 peer[4];
  __be16 local_port;
  __be16 peer_port;
  __u32 pod_protocol;
};

struct direction {
  __u64 bytes; /* of frames */
  __u64 payload;
  __u64 packets_segments; /* packets << 32 | packets with payload */
};

struct flow {
  __u64 first_ns; /* CLOCK_MONOTONIC */
  __u64 last_ns;
  struct direction counted[2]; /* sent, received */
  struct direction reported[2];
  __u32 initiator; /* SENT: the pod; RECEIVED: the peer */
  __u32 rows;      /* reported so far */
};

/* One row for user space; agent/src/kernel/flow-row.ts has the same offsets. */
struct flow_row {
  __u64 first_ns;
  __u64 last_ns;
  struct direction delta[2];
  __be32 local[4];
  __be32 peer[4];
  __be16 local_port;
  __be16 peer_port;
  __u32 pod;
  __u32 protocol;
  __u32 initiator;
  __u32 unused;
  __u32 rows; /* before this one; IDLE besides: nothing came for `idle_ms`, user space shall delete the flow */
};

#define IDLE (1u << 31)
#define OVER (1u << 30) /* the pod is no longer watched: to be deleted too */

_Static_assert(sizeof(struct flow_row) == 120, "flow-row.ts counts on it");

/* A copied frame: this, then `captured` bytes. */
struct frame {
  __u64 time_ns;
  __u32 pod;
  __u32 direction;
  __u32 length; /* on the wire */
  __u16 captured;
  __u16 link;
  __u8 bytes[COPY_BYTES];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 65536);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct key4);
  __type(value, struct flow);
} flows4 SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16384);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct key6);
  __type(value, struct flow);
} flows6 SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4 << 20);
} frames SEC(".maps");

/*
 * Frames that found no room in the ring; packets of flows that found none in a map; DNS messages that were counted but
 * not read, the ring being full; frames that could not be copied; flows that were made.
 */
enum { LOST_FRAMES, LOST_PACKETS, LOST_DNS, LOST_COPIES, MADE, COUNTS };

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, COUNTS);
  __type(key, __u32);
  __type(value, __u64);
} counts SEC(".maps");

/* Set by user space before a pass. */
struct pass {
  __u32 only_new; /* flows that have no row yet: quick truth between the full passes */
  __u32 idle_ms;  /* a flow is idle after this time */
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct pass);
} pass SEC(".maps");

static void tell(__u32 what) {
  __u64 *counted = bpf_map_lookup_elem(&counts, &what);
  if (counted)
    (*counted)++;
}

/* The pod of the interface's namespace, 0 when it is not (or no longer) selected. */
static __u32 pod_of(struct __sk_buff *skb) {
  struct sk_buff *kernel_skb = bpf_cast_to_kern_ctx(skb);
  __u64 cookie = kernel_skb->dev->nd_net.net->net_cookie;
  __u32 *pod = bpf_map_lookup_elem(&pods, &cookie);
  return pod ? *pod & POD_NUMBER : 0;
}

/* What is being looked at. */
struct look {
  struct __sk_buff *skb;
  __u32 pod;
  __u32 direction;
  __u32 link;
};

/* Copies the frame's head. @full what to count when the ring has no room */
static __always_inline bool copy_frame(const struct look *at, __u32 full) {
  struct __sk_buff *skb = at->skb;
  __u64 captured = skb->len < COPY_BYTES ? skb->len : COPY_BYTES;
  barrier_var(captured); /* so that the verifier sees the tests below on the value that is used */
  struct frame *frame = bpf_ringbuf_reserve(&frames, sizeof(*frame), 0);
  if (!frame) {
    tell(full);
    return false;
  }
  frame->time_ns = bpf_ktime_get_ns();
  frame->pod = at->pod;
  frame->direction = at->direction;
  frame->length = skb->len;
  frame->captured = captured;
  frame->link = at->link;
  if (captured == 0 || captured > COPY_BYTES || bpf_skb_load_bytes(skb, 0, frame->bytes, captured)) {
    bpf_ringbuf_discard(frame, BPF_RB_NO_WAKEUP);
    tell(LOST_COPIES);
    return true;
  }
  bpf_ringbuf_submit(frame, BPF_RB_NO_WAKEUP);
  return true;
}

static void add(struct flow *flow, __u32 direction, __u64 bytes, __u64 payload, __u64 now) {
  struct direction *counted = &flow->counted[(direction - 1) & 1];
  __sync_fetch_and_add(&counted->bytes, bytes);
  __sync_fetch_and_add(&counted->packets_segments, (1ull << 32) | (payload > 0));
  if (payload)
    __sync_fetch_and_add(&counted->payload, payload);
  if (now - flow->last_ns > 1000000) /* a line of cache is not written for less than 1 ms */
    flow->last_ns = now;
}

static void count_flow(void *map, const void *key, __u32 direction, __u64 bytes, __u64 payload) {
  __u64 now = bpf_ktime_get_ns();
  struct flow *flow = bpf_map_lookup_elem(map, key);
  if (!flow) {
    struct flow fresh = {.first_ns = now, .last_ns = now, .initiator = direction};
    bpf_map_update_elem(map, key, &fresh, BPF_NOEXIST); /* the other processor may have been first */
    flow = bpf_map_lookup_elem(map, key);
    if (!flow) {
      tell(LOST_PACKETS);
      return;
    }
    tell(MADE);
  }
  add(flow, direction, bytes, payload, now);
}

/* Where things are in a frame, and what they say. Pointers, because the verifier follows what it saw compared. */
struct packet {
  __u8 *end;
  __u8 *network;
  __u8 *transport;
  __u8 version;
  __u8 protocol;
  bool odd; /* fragment, unknown extension header: user space shall look at it */
};

static __always_inline bool has(const struct packet *p, const __u8 *at, __u32 bytes) {
  return at + bytes <= p->end;
}

static __always_inline __be16 load16(const __u8 *at) {
  return *(const __be16 *)at;
}

static __always_inline __be32 load32(const __u8 *at) {
  return *(const __be32 *)at;
}

/* A frame without a link header. */
static __always_inline bool is_ip(struct packet *p, __u8 *frame) {
  if (!has(p, frame, 1))
    return false;
  p->network = frame;
  p->version = frame[0] >> 4;
  return p->version == 4 || p->version == 6;
}

/* Ethernet and at most two VLAN tags (those that the device did not take off). False: not IP, or too short. */
static __always_inline bool find_network(struct packet *p, __u8 *frame) {
  __u8 *at = frame + ETHERNET_BYTES - 2;
#pragma unroll
  for (int tags = 0; tags < 3; tags++) {
    if (!has(p, at, 2))
      return false;
    __u16 type = bpf_ntohs(load16(at));
    p->network = at + 2;
    p->version = type == ETH_IPV4 ? 4 : 6;
    if (type == ETH_IPV4 || type == ETH_IPV6)
      return true;
    if (type != 0x8100 && type != 0x88a8 && type != 0x9100)
      return false;
    at += 4;
  }
  return false;
}

static __always_inline bool find_transport4(struct packet *p) {
  __u8 *ip = p->network;
  if (!has(p, ip, 20))
    return false;
  p->protocol = ip[9];
  p->odd = (load16(ip + 6) & bpf_htons(0x3fff)) != 0; /* more fragments, or an offset */
  p->transport = ip + ((ip[0] & 15) << 2);
  return true;
}

/* Hop-by-hop, routing and destination options are walked over (RFC 8200); a fragment or anything else is odd. */
static __always_inline bool find_transport6(struct packet *p) {
  __u8 *ip = p->network;
  if (!has(p, ip, 40))
    return false;
  __u8 next = ip[6];
  __u8 *at = ip + 40;
#pragma unroll
  for (int headers = 0; headers < 3; headers++) {
    if (next != 0 && next != 43 && next != 60)
      break;
    if (!has(p, at, 8))
      return false;
    next = at[0];
    at += (at[1] + 1) << 3;
  }
  p->protocol = next;
  p->odd = next == 44 || next == 0 || next == 43 || next == 60 || next == 51;
  p->transport = at;
  return true;
}

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

/* Bytes of the frame after `header` bytes of transport. */
static __always_inline __u32 above(const struct look *at, const struct packet *p, __u32 header) {
  __u32 before = p->transport - (__u8 *)(long)at->skb->data + header;
  return at->skb->len > before ? at->skb->len - before : 0;
}

static __always_inline void look_at_sctp(const struct look *at, const struct packet *p) {
  const __u8 *sctp = p->transport;
  if (has(p, sctp, 8))
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

/* RFC 9293, 3.5.2: a RST in answer to a SYN has sequence number 0 and acknowledges the SYN. */
static __always_inline bool is_refusal(const struct packet *p) {
  const __u8 *tcp = p->transport;
  return has(p, tcp, 14) && (tcp[13] & (TCP_RST | TCP_ACK)) == (TCP_RST | TCP_ACK) && load32(tcp + 4) == 0;
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
  if ((p->protocol != PROTO_UDP && p->protocol != PROTO_SCTP) || p->odd || !has(p, p->transport, 4))
    return SENT;
  return bpf_ntohs(load16(p->transport)) >= bpf_ntohs(load16(p->transport + 2)) ? SENT : RECEIVED;
}

/* @direction 0: by the ports */
static __always_inline int look(struct __sk_buff *skb, __u32 direction, __u32 link) {
  struct packet p = {.end = (__u8 *)(long)skb->data_end};
  struct look at = {.skb = skb, .direction = direction, .link = link};
  __u8 *frame = (__u8 *)(long)skb->data;
  if (!(link == LINK_RAW ? is_ip(&p, frame) : find_network(&p, frame)))
    return NEXT;
  if (!(p.version == 4 ? find_transport4(&p) : find_transport6(&p)))
    return NEXT;
  if (!p.odd && p.protocol == PROTO_TCP) {
    if (direction == RECEIVED || !is_refusal(&p))
      return NEXT;
    p.odd = true;
  }
  if (direction == 0)
    at.direction = side_of(&p);
  sort(&at, &p);
  return NEXT;
}

SEC("tc")
int egress(struct __sk_buff *skb) {
  return look(skb, SENT, LINK_ETHERNET);
}

SEC("tc")
int ingress(struct __sk_buff *skb) {
  return look(skb, RECEIVED, LINK_ETHERNET);
}

SEC("tc")
int egress_raw(struct __sk_buff *skb) {
  return look(skb, SENT, LINK_RAW);
}

SEC("tc")
int ingress_raw(struct __sk_buff *skb) {
  return look(skb, RECEIVED, LINK_RAW);
}

SEC("tc")
int loopback(struct __sk_buff *skb) {
  return look(skb, 0, LINK_ETHERNET);
}

static void subtract(struct direction *delta, const struct direction *counted, const struct direction *reported) {
  delta->bytes = counted->bytes - reported->bytes;
  delta->payload = counted->payload - reported->payload;
  delta->packets_segments = counted->packets_segments - reported->packets_segments;
}

static void add_to(struct direction *reported, const struct direction *delta) {
  reported->bytes += delta->bytes;
  reported->payload += delta->payload;
  reported->packets_segments += delta->packets_segments;
}

enum { IS_IDLE = 1, IS_OVER = 2, IS_NEWS = 4 };

/* Why the flow gets a row; 0 when it gets none. */
static __u32 why_row(const struct flow *flow, __u32 pod) {
  __u32 zero = 0;
  struct pass *asked = bpf_map_lookup_elem(&pass, &zero);
  if (!asked)
    return 0;
  if (pod_is_over(pod))
    return IS_OVER;
  if (asked->only_new && flow->rows > 0)
    return 0;
  if (bpf_ktime_get_ns() > flow->last_ns + asked->idle_ms * 1000000ull)
    return IS_IDLE;
  bool sent = flow->counted[0].packets_segments != flow->reported[0].packets_segments;
  bool received = flow->counted[1].packets_segments != flow->reported[1].packets_segments;
  return sent || received ? IS_NEWS : 0;
}

static __u32 looks[2];

/* Writes the flow's row, of which addresses and ports are there already. 1: no room, the kernel calls again. */
static __always_inline int write_row(struct seq_file *seq, struct flow_row *row, struct flow *flow, __u32 pod_protocol,
                                     int version) {
  row->pod = pod_protocol >> 8;
  row->protocol = pod_protocol & 255;
  struct flow_row zeros = {};
  if (shall_pause(seq, &looks[version == 6], &zeros, sizeof(zeros)))
    return 1;
  __u32 why = why_row(flow, row->pod);
  if (!why)
    return 0;
  if (is_full(seq, sizeof(*row)))
    return 1;
  row->first_ns = flow->first_ns;
  row->last_ns = flow->last_ns;
  row->initiator = flow->initiator;
  row->rows = flow->rows | (why == IS_IDLE ? IDLE : why == IS_OVER ? OVER : 0);
  subtract(&row->delta[0], &flow->counted[0], &flow->reported[0]);
  subtract(&row->delta[1], &flow->counted[1], &flow->reported[1]);
  flow->rows++;
  add_to(&flow->reported[0], &row->delta[0]);
  add_to(&flow->reported[1], &row->delta[1]);
  bpf_seq_write(seq, row, sizeof(*row));
  return 0;
}

SEC("iter/bpf_map_elem")
int read_flows4(struct bpf_iter__bpf_map_elem *ctx) {
  struct key4 *key = ctx->key;
  struct flow *flow = ctx->value;
  struct flow_row row = {};
  if (!key || !flow)
    return 0;
  row.local[2] = row.peer[2] = bpf_htonl(0xffff);
  row.local[3] = key->local;
  row.peer[3] = key->peer;
  row.local_port = key->local_port;
  row.peer_port = key->peer_port;
  return write_row(ctx->meta->seq, &row, flow, key->pod_protocol, 4);
}

SEC("iter/bpf_map_elem")
int read_flows6(struct bpf_iter__bpf_map_elem *ctx) {
  struct key6 *key = ctx->key;
  struct flow *flow = ctx->value;
  struct flow_row row = {};
  if (!key || !flow)
    return 0;
  for (int i = 0; i < 4; i++) {
    row.local[i] = key->local[i];
    row.peer[i] = key->peer[i];
  }
  row.local_port = key->local_port;
  row.peer_port = key->peer_port;
  return write_row(ctx->meta->seq, &row, flow, key->pod_protocol, 6);
}
