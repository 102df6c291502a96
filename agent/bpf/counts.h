/*
 * What a program counts of itself, on each processor. What there is to count differs: an enum that ends with COUNTS
 * stands before this is included. agent/src/kernel/programs.ts reads the sums.
 */
#pragma once

#include "kernel.h"

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, COUNTS);
  __type(key, __u32);
  __type(value, __u64);
} counts SEC(".maps");

static inline void tell(__u32 what) {
  __u64 *counted = bpf_map_lookup_elem(&counts, &what);
  if (counted)
    (*counted)++;
}

static inline void untell(__u32 what) {
  __u64 *counted = bpf_map_lookup_elem(&counts, &what);
  if (counted)
    (*counted)--;
}
