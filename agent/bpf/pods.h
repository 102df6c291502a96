/* Which network namespaces are watched, and as which pod. Both objects share these maps. */
#pragma once

#include "kernel.h"

/* Most pods at once, and one more; agent/src/kernel/pod-numbers.ts knows it too. */
#define POD_SLOTS 1024

/*
 * What `pods` says about a network namespace: the pod's number in the low 24 bits (its slot in the low 10 of them), and flags.
 */
#define POD_NUMBER 0xffffff
#define POD_LOOPBACK (1u << 30) /* connections that stay inside count too */
#define POD_ADOPTED (1u << 31)  /* every connection older than the watch is in `connections` */

/* Network namespace cookie → pod. Both programs have the same map. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, POD_SLOTS);
  __type(key, __u64);
  __type(value, __u32);
} pods SEC(".maps");

/* By slot: the number of the pod that is watched; anything else means that the numbers of that slot are over. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, POD_SLOTS);
  __type(key, __u32);
  __type(value, __u32);
} pod_slots SEC(".maps");

static __always_inline bool pod_is_over(__u32 number) {
  __u32 slot = number & (POD_SLOTS - 1);
  __u32 *current = bpf_map_lookup_elem(&pod_slots, &slot);
  return !current || *current != number;
}
