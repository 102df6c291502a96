/* Flows that no socket counts: keys, counters, rows. */
#pragma once

#include "looks.h"

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

/* What each packet touches comes first. */
struct flow {
  __u64 last_ns;   /* CLOCK_MONOTONIC */
  __u16 initiator; /* SENT: the pod; RECEIVED: the peer */
  __u16 tick;      /* when last_ns was written, in jiffies: the clock is read once a tick */
  __u32 rows;      /* reported so far */
  struct direction counted[2]; /* sent, received */
  struct direction reported[2];
  __u64 first_ns;
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

static __always_inline void add(struct flow *flow, __u32 direction, __u64 bytes, __u64 payload) {
  struct direction *counted = &flow->counted[(direction - 1) & 1];
  __sync_fetch_and_add(&counted->bytes, bytes);
  __sync_fetch_and_add(&counted->packets_segments, (1ull << 32) | (payload > 0));
  if (payload)
    __sync_fetch_and_add(&counted->payload, payload);
  __u16 tick = bpf_jiffies64(); /* no call: the verifier makes a read of it (5.6) */
  if (flow->tick == tick)
    return;
  flow->tick = tick;
  flow->last_ns = bpf_ktime_get_ns();
}

static __always_inline int begin_flow(void *map, const void *key, __u32 direction) {
  if (!key)
    return 0;
  __u64 now = bpf_ktime_get_ns();
  struct flow fresh = {.first_ns = now, .last_ns = now, .initiator = direction};
  if (!bpf_map_update_elem(map, key, &fresh, BPF_NOEXIST)) /* the other processor may have been first */
    tell(MADE);
  return 0;
}

/* Global, for their stack's sake: see examine(). */
__noinline int begin_flow4(const struct key4 *key, __u32 direction) {
  return begin_flow(&flows4, key, direction);
}

__noinline int begin_flow6(const struct key6 *key, __u32 direction) {
  return begin_flow(&flows6, key, direction);
}

static __always_inline void count4(const struct key4 *key, __u32 direction, __u64 bytes, __u64 payload) {
  struct flow *flow = bpf_map_lookup_elem(&flows4, key);
  if (!flow) {
    begin_flow4(key, direction);
    flow = bpf_map_lookup_elem(&flows4, key);
  }
  if (flow)
    add(flow, direction, bytes, payload);
  else
    tell(LOST_PACKETS);
}

static __always_inline void count6(const struct key6 *key, __u32 direction, __u64 bytes, __u64 payload) {
  struct flow *flow = bpf_map_lookup_elem(&flows6, key);
  if (!flow) {
    begin_flow6(key, direction);
    flow = bpf_map_lookup_elem(&flows6, key);
  }
  if (flow)
    add(flow, direction, bytes, payload);
  else
    tell(LOST_PACKETS);
}
