/* Copies of frames for user space's own decoder. */
#pragma once

#include "looks.h"

/* A copied frame: this, then `captured` bytes. */
struct frame {
  __u64 time_ns;
  __u32 pod;
  __u32 direction; /* and FRAME_COUNTS */
  __u32 length; /* on the wire */
  __u16 captured;
  __u16 link;
  __u8 bytes[COPY_BYTES];
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4 << 20);
} frames SEC(".maps");

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
  frame->direction = at->direction | at->counts;
  frame->length = skb->len;
  frame->captured = captured;
  frame->link = at->link;
  if (captured == 0 || captured > COPY_BYTES || bpf_skb_load_bytes(skb, 0, frame->bytes, captured)) {
    bpf_ringbuf_discard(frame, BPF_RB_NO_WAKEUP);
    tell(LOST_COPIES);
    return true;
  }
  bpf_ringbuf_submit(frame, 0);
  return true;
}
