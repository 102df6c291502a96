/* Where things are in a frame: Ethernet, VLAN, IPv4, IPv6 and its extension headers. */
#pragma once

#include "looks.h"

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

/* In 64 bits: the verifier lets pointers be subtracted in no fewer. */
static __always_inline __u64 distance(const __u8 *from, const __u8 *to) {
  __u64 bytes = (__u64)to - (__u64)from;
  barrier_var(bytes);
  return bytes;
}

/*
 * Where things are in a frame, in 64 bits:
 *
 *   0      14          28         36       37    38          40
 *   ┌──────┬───────────┬──────────┬────────┬─────┬───────────┬──────┐
 *   │ IP at│transport at│ protocol │ is IPv6│ odd │ direction │ link │
 *   └──────┴───────────┴──────────┴────────┴─────┴───────────┴──────┘
 */
#define OFFSET_MASK 0x3fff
#define AT_TRANSPORT 14
#define AT_PROTOCOL 28
#define AT_IPV6 36
#define AT_ODD 37
#define AT_DIRECTION 38
#define AT_LINK 40

/* Without direction and link. Headers that are longer than any: cut off, and so found too short later. */
static __always_inline __u64 pack(const struct packet *p, const __u8 *frame) {
  __u64 network = distance(frame, p->network), transport = distance(frame, p->transport);
  return (network & OFFSET_MASK) | (transport & OFFSET_MASK) << AT_TRANSPORT | (__u64)p->protocol << AT_PROTOCOL |
         (__u64)(p->version == 6) << AT_IPV6 | (__u64)p->odd << AT_ODD;
}

static __always_inline void unpack(struct packet *p, struct __sk_buff *skb, __u64 where) {
  __u8 *frame = (__u8 *)(long)skb->data;
  p->end = (__u8 *)(long)skb->data_end;
  p->network = frame + (where & OFFSET_MASK);
  p->transport = frame + (where >> AT_TRANSPORT & OFFSET_MASK);
  p->protocol = where >> AT_PROTOCOL;
  p->version = where >> AT_IPV6 & 1 ? 6 : 4;
  p->odd = where >> AT_ODD & 1;
}

static __always_inline struct look unpack_look(struct __sk_buff *skb, __u64 where) {
  struct look at = {.skb = skb, .direction = where >> AT_DIRECTION & 3, .link = where >> AT_LINK, .where = where};
  return at;
}

/* By now known: where it was not. */
static __always_inline void set_direction(struct look *at, __u32 direction) {
  at->direction = direction;
  at->where = (at->where & ~(3ull << AT_DIRECTION)) | (__u64)direction << AT_DIRECTION;
}

/* Bytes of the frame after `header` bytes of transport. */
static __always_inline __u32 above(const struct look *at, const struct packet *p, __u32 header) {
  __u32 before = distance((__u8 *)(long)at->skb->data, p->transport) + header;
  return at->skb->len > before ? at->skb->len - before : 0;
}
