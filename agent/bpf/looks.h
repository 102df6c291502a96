/* What the packet programs look at and with: a frame, the pod it belongs to, what was counted. */
#pragma once

#include "pods.h"

/* include/uapi/linux/bpf.h (6.6), include/uapi/linux/pkt_cls.h: the next program decides. */
#define NEXT (-1)

#define ETHERNET_BYTES 14
#define COPY_BYTES 384 /* any DNS question behind VLAN tags and IPv6: see --snaplen of the packet path */

enum { ETH_IPV4 = 0x0800, ETH_IPV6 = 0x86dd };
enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_ACK = 16 };
enum { DNS_PORT = 53 };
enum { SENT = 1, RECEIVED = 2 };
enum { LINK_ETHERNET = 1, LINK_RAW = 101 }; /* pcap's link types */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct net_device {
  possible_net_t nd_net;
};
struct sk_buff {
  struct net_device *dev;
  struct sock *sk;
};
#pragma clang attribute pop

extern void *bpf_cast_to_kern_ctx(void *object) __ksym;
extern void *bpf_rdonly_cast(const void *object, __u32 btf_id) __ksym;

/*
 * Whether all TCP is counted by its frames (tcp-frames.h). Set before the program is loaded; alone in its section, so
 * that it is found there.
 */
SEC(".rodata.mode") const volatile bool frames_only = false;

/*
 * Frames that found no room in the ring; packets of flows that found none in a map; DNS messages that were counted but
 * not read, the ring being full; frames that could not be copied; flows that were made; packets that open or end a
 * connection and were counted but not read, the ring being full; beginnings of TLS that found no room in theirs.
 */
enum { LOST_FRAMES, LOST_PACKETS, LOST_DNS, LOST_COPIES, MADE, LOST_TURNS, LOST_HELLOS, COUNTS };

#include "counts.h"

static __always_inline __u64 cookie_of(struct __sk_buff *skb) {
  struct sk_buff *kernel_skb = bpf_cast_to_kern_ctx(skb);
  return kernel_skb->dev->nd_net.net->net_cookie;
}

/*
 * What `pods` says, at the place of the cookie's low bits, so that most packets do without a lookup in a hash: that
 * takes 25 ns of calls. Two cookies with one place: the later one is here.
 */
#define POD_PLACES 4096
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, POD_PLACES);
  __type(key, __u32);
  __type(value, struct { __u64 cookie; __u64 pod; });
} pod_places SEC(".maps");

/* The pod of the interface's namespace, 0 when it is not (or no longer) selected. */
static __always_inline __u32 pod_of(struct __sk_buff *skb) {
  __u64 cookie = cookie_of(skb);
  __u32 place = cookie & (POD_PLACES - 1);
  struct {
    __u64 cookie;
    __u64 pod;
  } *near = bpf_map_lookup_elem(&pod_places, &place);
  if (near && near->cookie == cookie)
    return near->pod & POD_NUMBER;
  __u32 *pod = bpf_map_lookup_elem(&pods, &cookie);
  return pod ? *pod & POD_NUMBER : 0;
}

/* What is being looked at. */
struct look {
  struct __sk_buff *skb;
  __u32 pod;
  __u32 direction;
  __u32 link;
  __u64 where;  /* packet.h */
  __u32 counts; /* FRAME_COUNTS: what is copied is counted by user space, and nowhere else */
};

#define FRAME_COUNTS (1u << 8)
