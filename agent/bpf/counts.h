/*
 * What a program counts of itself, on each processor. What there is to count differs: an enum that ends with COUNTS
 * stands before this is included. agent/src/kernel/programs.ts reads the sums.
 */
#pragma once

#include "kernel.h"

/* One value with all of them: user space reads it once a second. */
struct counted {
  __u64 of[COUNTS];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct counted);
} counts SEC(".maps");

static __always_inline void tell_times(__u32 what, __u64 times) {
  __u32 zero = 0;
  struct counted *counted = bpf_map_lookup_elem(&counts, &zero);
  if (counted)
    counted->of[what] += times;
}

static __always_inline void tell(__u32 what) {
  tell_times(what, 1);
}

static __always_inline void untell(__u32 what) {
  tell_times(what, -1ull);
}
