/*
 * What no socket counts, on the interfaces of selected pods, inside the pod's own namespace (TCX, both directions).
 * Nothing is changed, the next program always decides.
 *
 *   TCP                        leaves at the first test, but for RST: copied (a refusal has no socket)
 *   UDP, SCTP, ICMP echo …     counted in `flows4` and `flows6`, read by read_flows4/6 as rows of deltas
 *   DNS, ICMP errors           the frame's head is copied to `frames`, where user space's own decoder reads it
 *   fragments, odd headers     copied too
 *
 * Copies are bounded: what finds no room in the ring is counted in `lost` and, where it is countable, in the maps.
 *
 * Needs: TCX (6.6) or clsact, ring buffer (5.8), map-element iterator (5.9), bpf_cast_to_kern_ctx (6.2).
 */
#include "kernel.h"

char LICENSE[] SEC("license") = "GPL";

/* include/uapi/linux/bpf.h (6.6), include/uapi/linux/pkt_cls.h: the next program decides. */
#define NEXT (-1)

#define ETHERNET_BYTES 14
#define COPY_BYTES 384 /* any DNS question behind VLAN tags and IPv6: see --snaplen of the packet path */

enum { ETH_IPV4 = 0x0800, ETH_IPV6 = 0x86dd };
enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMPV6 = 58, PROTO_SCTP = 132 };
enum { TCP_RST = 4 };
enum { DNS_PORT = 53 };
enum { SENT = 1, RECEIVED = 2 };

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
  __u32 rows; /* before this one; IDLE besides: nothing came for IDLE_NS, user space shall delete the flow */
};

#define IDLE (1u << 31)
#define IDLE_NS 30000000000ull

_Static_assert(sizeof(struct flow_row) == 120, "flow-row.ts counts on it");

/* A copied frame: this, then `captured` bytes. */
struct frame {
  __u64 time_ns;
  __u32 pod;
  __u32 direction;
  __u32 length; /* on the wire */
  __u32 captured;
  __u8 bytes[COPY_BYTES];
};

/* Network namespace cookie → pod number. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u64);
  __type(value, __u32);
} pods SEC(".maps");

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

/* Frames that found no room in the ring; packets of flows that found none in a map; packets too short to tell. */
enum { LOST_FRAMES, LOST_PACKETS, LOST_SHORT, LOST_KINDS };

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, LOST_KINDS);
  __type(key, __u32);
  __type(value, __u64);
} lost SEC(".maps");

static void count_lost(__u32 kind) {
  __u64 *count = bpf_map_lookup_elem(&lost, &kind);
  if (count)
    (*count)++;
}

/* The pod of the interface's namespace, 0 when it is not (or no longer) selected. */
static __u32 pod_of(struct __sk_buff *skb) {
  struct sk_buff *kernel_skb = bpf_cast_to_kern_ctx(skb);
  __u64 cookie = kernel_skb->dev->nd_net.net->net_cookie;
  __u32 *pod = bpf_map_lookup_elem(&pods, &cookie);
  return pod ? *pod : 0;
}

/* False when the ring is full. */
static bool copy_frame(struct __sk_buff *skb, __u32 pod, __u32 direction) {
  __u64 captured = skb->len < COPY_BYTES ? skb->len : COPY_BYTES;
  barrier_var(captured); /* so that the verifier sees the tests below on the value that is used */
  struct frame *frame = bpf_ringbuf_reserve(&frames, sizeof(*frame), 0);
  if (!frame) {
    count_lost(LOST_FRAMES);
    return false;
  }
  frame->time_ns = bpf_ktime_get_ns();
  frame->pod = pod;
  frame->direction = direction;
  frame->length = skb->len;
  frame->captured = captured;
  if (captured == 0 || captured > COPY_BYTES || bpf_skb_load_bytes(skb, 0, frame->bytes, captured)) {
    bpf_ringbuf_discard(frame, BPF_RB_NO_WAKEUP);
    count_lost(LOST_SHORT);
    return false;
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
      count_lost(LOST_PACKETS);
      return;
    }
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
static __always_inline void count(const struct packet *p, __u32 pod, __u32 direction, __be16 source_port,
                                  __be16 destination_port, __u64 bytes, __u64 payload) {
  bool sent = direction == SENT;
  const __be32 *ip = (const __be32 *)p->network;
  __be16 local_port = sent ? source_port : destination_port, peer_port = sent ? destination_port : source_port;
  __u32 pod_protocol = pod << 8 | p->protocol;
  if (p->version == 4) {
    if (!has(p, p->network, 20))
      return;
    struct key4 key = {sent ? ip[3] : ip[4], sent ? ip[4] : ip[3], local_port, peer_port, pod_protocol};
    count_flow(&flows4, &key, direction, bytes, payload);
    return;
  }
  if (!has(p, p->network, 40))
    return;
  struct key6 key = {.local_port = local_port, .peer_port = peer_port, .pod_protocol = pod_protocol};
  __builtin_memcpy(sent ? key.local : key.peer, ip + 2, 16);
  __builtin_memcpy(sent ? key.peer : key.local, ip + 6, 16);
  count_flow(&flows6, &key, direction, bytes, payload);
}

static __always_inline void look_at_udp(struct __sk_buff *skb, const struct packet *p, __u32 pod, __u32 direction) {
  const __u8 *udp = p->transport;
  if (!has(p, udp, 8))
    return;
  __be16 source = load16(udp), destination = load16(udp + 2);
  if ((source == bpf_htons(DNS_PORT) || destination == bpf_htons(DNS_PORT)) && copy_frame(skb, pod, direction))
    return;
  __u32 length = bpf_ntohs(load16(udp + 4));
  count(p, pod, direction, source, destination, skb->len, length > 8 ? length - 8 : 0);
}

/* Bytes of the frame after `header` bytes of transport. */
static __always_inline __u32 above(struct __sk_buff *skb, const struct packet *p, __u32 header) {
  __u32 before = p->transport - (__u8 *)(long)skb->data + header;
  return skb->len > before ? skb->len - before : 0;
}

static __always_inline void look_at_sctp(struct __sk_buff *skb, const struct packet *p, __u32 pod, __u32 direction) {
  const __u8 *sctp = p->transport;
  if (has(p, sctp, 8))
    count(p, pod, direction, load16(sctp), load16(sctp + 2), skb->len, above(skb, p, 12));
}

/* Echoes are flows between the identifier and the request's type (flow-record.ts); everything else is copied. */
static __always_inline void look_at_icmp(struct __sk_buff *skb, const struct packet *p, __u32 pod, __u32 direction) {
  const __u8 *icmp = p->transport;
  if (!has(p, icmp, 8))
    return;
  __u8 request = p->version == 4 ? 8 : 128, reply = p->version == 4 ? 0 : 129;
  if (icmp[0] != request && icmp[0] != reply) {
    copy_frame(skb, pod, direction);
    return;
  }
  __be16 identifier = load16(icmp + 4), kind = bpf_htons(request << 8);
  bool asks = icmp[0] == request;
  count(p, pod, direction, asks ? identifier : kind, asks ? kind : identifier, skb->len, above(skb, p, 8));
}

static __always_inline int look(struct __sk_buff *skb, __u32 direction) {
  struct packet p = {.end = (__u8 *)(long)skb->data_end};
  if (!find_network(&p, (__u8 *)(long)skb->data) || !(p.version == 4 ? find_transport4(&p) : find_transport6(&p)))
    return NEXT;
  if (!p.odd && p.protocol == PROTO_TCP) {
    const __u8 *tcp = p.transport;
    if (!has(&p, tcp, 14) || !(tcp[13] & TCP_RST))
      return NEXT;
    p.odd = true;
  }
  __u32 pod = pod_of(skb);
  if (!pod)
    return NEXT;
  if (p.odd)
    copy_frame(skb, pod, direction);
  else if (p.protocol == PROTO_UDP)
    look_at_udp(skb, &p, pod, direction);
  else if (p.protocol == PROTO_SCTP)
    look_at_sctp(skb, &p, pod, direction);
  else if (p.protocol == PROTO_ICMP || p.protocol == PROTO_ICMPV6)
    look_at_icmp(skb, &p, pod, direction);
  else
    count(&p, pod, direction, 0, 0, skb->len, above(skb, &p, 0));
  return NEXT;
}

SEC("tc")
int egress(struct __sk_buff *skb) {
  return look(skb, SENT);
}

SEC("tc")
int ingress(struct __sk_buff *skb) {
  return look(skb, RECEIVED);
}

/* Set by user space before a pass: only flows that have no row yet, for quick truth between the full passes. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u32);
} only_new SEC(".maps");

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

static bool has_news(const struct flow *flow, bool idle) {
  __u32 zero = 0;
  __u32 *new = bpf_map_lookup_elem(&only_new, &zero);
  if (new && *new && flow->rows > 0)
    return false;
  return idle || flow->counted[0].packets_segments != flow->reported[0].packets_segments ||
         flow->counted[1].packets_segments != flow->reported[1].packets_segments;
}

/* Writes the flow's row, of which addresses and ports are there already. 1: no room, the kernel calls again. */
static int write_row(struct seq_file *seq, struct flow_row *row, struct flow *flow) {
  bool idle = bpf_ktime_get_ns() > flow->last_ns + IDLE_NS;
  if (!has_news(flow, idle))
    return 0;
  row->first_ns = flow->first_ns;
  row->last_ns = flow->last_ns;
  row->initiator = flow->initiator;
  row->rows = flow->rows | (idle ? IDLE : 0);
  subtract(&row->delta[0], &flow->counted[0], &flow->reported[0]);
  subtract(&row->delta[1], &flow->counted[1], &flow->reported[1]);
  if (bpf_seq_write(seq, row, sizeof(*row)))
    return 1;
  flow->rows++;
  add_to(&flow->reported[0], &row->delta[0]);
  add_to(&flow->reported[1], &row->delta[1]);
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
  row.pod = key->pod_protocol >> 8;
  row.protocol = key->pod_protocol & 255;
  return write_row(ctx->meta->seq, &row, flow);
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
  row.pod = key->pod_protocol >> 8;
  row.protocol = key->pod_protocol & 255;
  return write_row(ctx->meta->seq, &row, flow);
}
