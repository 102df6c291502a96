/* What all passes over maps have in common: they go in slices. */
#pragma once

#include "kernel.h"

/* Whether an iterator's buffer has no room for a row (seq_write wants a byte more than the row). */
static __always_inline bool is_full(const struct seq_file *seq, __u64 bytes) {
  return seq->count + bytes >= seq->size;
}

/* Elements that one read() looks at, so that it does not hold its reader for longer than a fraction of a millisecond. */
#define MOST_LOOKS 2048

/*
 * Whether this read() shall end here: what an iterator answers with 1 then, and is called again for the same element. A
 * read() has to give something, so a row of zeros is written if there is none yet. One reader at a time.
 */
static __always_inline bool shall_pause(struct seq_file *seq, __u32 *looks, const void *zeros, __u32 bytes) {
  if (++*looks <= MOST_LOOKS)
    return false;
  if (seq->count == 0) {
    bpf_seq_write(seq, zeros, bytes);
    return false;
  }
  *looks = 0;
  return true;
}
