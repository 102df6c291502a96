/* Passes over the flows: a row of deltas for each that moved. */
#pragma once

#include "flows.h"
#include "passes.h"
#include "tcp-frames.h"

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

/* agent/src/kernel/flow-row.ts has the same offsets. */
struct tcp_row {
  struct flow_row row;
  __u32 next_seq[2];
  __u32 ack[2];
};

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

/* One each: of an array clang makes several variables, whose types the kernel then refuses. */
static __u32 looks4, looks6, looks_tcp;

/* Writes the flow's row, of which addresses and ports are there already. 1: no room, the kernel calls again. */
static __always_inline int write_row(struct seq_file *seq, struct flow_row *row, __u32 bytes, struct flow *flow,
                                     __u32 pod_protocol, __u32 *looked) {
  row->pod = pod_protocol >> 8;
  row->protocol = pod_protocol & 255;
  struct tcp_row zeros = {};
  if (shall_pause(seq, looked, &zeros, bytes))
    return 1;
  __u32 why = why_row(flow, row->pod);
  if (!why)
    return 0;
  if (is_full(seq, bytes))
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
  bpf_seq_write(seq, row, bytes);
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
  return write_row(ctx->meta->seq, &row, sizeof(row), flow, key->pod_protocol, &looks4);
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
  return write_row(ctx->meta->seq, &row, sizeof(row), flow, key->pod_protocol, &looks6);
}

SEC("iter/bpf_map_elem")
int read_tcp_flows(struct bpf_iter__bpf_map_elem *ctx) {
  struct key6 *key = ctx->key;
  struct tcp_flow *known = ctx->value;
  struct tcp_row row = {};
  if (!key || !known)
    return 0;
  for (int i = 0; i < 4; i++) {
    row.row.local[i] = key->local[i];
    row.row.peer[i] = key->peer[i];
  }
  for (int i = 0; i < 2; i++) {
    row.next_seq[i] = known->next_seq[i];
    row.ack[i] = known->ack[i];
  }
  row.row.local_port = key->local_port;
  row.row.peer_port = key->peer_port;
  return write_row(ctx->meta->seq, &row.row, sizeof(row), &known->flow, key->pod_protocol, &looks_tcp);
}
