/*
 * The beginning of TLS, for its server name: the segment with the ClientHello (RFC 8446, 4.1.2), and the next one if it
 * goes on there, as it does with post-quantum keys. Copied through a ring of its own, so that many of them crowd out
 * nothing else; what finds no room is counted.
 *
 * Where it leaves a pod, the socket says that nothing was acknowledged yet but the SYN, whatever the port. Where it comes in nothing says so, and only the usual ports are looked at.
 */
#pragma once

#include "frames.h"
#include "packet.h"

/* Frames are copied up to one of these lengths. */
#define SMALL_HELLO 640
#define LARGE_HELLO 2304
/* Shorter frames hold no ClientHello with a name. */
#define LEAST_HELLO 120

/* As `struct frame`, with more bytes. */
struct small_hello {
  __u64 time_ns;
  __u32 pod;
  __u32 direction;
  __u32 length;
  __u16 captured;
  __u16 link;
  __u8 bytes[SMALL_HELLO];
};

struct large_hello {
  __u64 time_ns;
  __u32 pod;
  __u32 direction;
  __u32 length;
  __u16 captured;
  __u16 link;
  __u8 bytes[LARGE_HELLO];
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 512 << 10);
} hellos SEC(".maps");

/* Connections whose ClientHello goes on, by a hash of their ports: ports, and where it goes on. */
#define HELLO_PLACES 256
static struct {
  __u32 ports;
  __u32 seq;
} going_on[HELLO_PLACES];

/* Of TLS itself: HTTPS, the Kubernetes API. */
static __always_inline bool usually_tls(__be16 port) {
  return port == bpf_htons(443) || port == bpf_htons(6443) || port == bpf_htons(8443);
}

/* Of a packet that leaves: whether all that its socket has sent before was the SYN. */
static __always_inline bool is_first_flight(struct __sk_buff *skb) {
  struct sk_buff *kernel_skb = bpf_cast_to_kern_ctx(skb);
  struct sock *sk = kernel_skb->sk;
  if (!sk)
    return false;
  const struct tcp_sock *tp = bpf_rdonly_cast(sk, bpf_core_type_id_kernel(struct tcp_sock));
  return tp->bytes_acked <= 1;
}

#define COPY_HELLO(type, most)                                                                                         \
  struct type *hello = bpf_ringbuf_reserve(&hellos, sizeof(*hello), 0);                                                \
  if (!hello) {                                                                                                        \
    tell(LOST_HELLOS);                                                                                                 \
    return;                                                                                                            \
  }                                                                                                                    \
  __u64 captured = at->skb->len < most ? at->skb->len : most;                                                          \
  barrier_var(captured);                                                                                               \
  hello->time_ns = bpf_ktime_get_ns();                                                                                 \
  hello->pod = at->pod;                                                                                                \
  hello->direction = at->direction;                                                                                    \
  hello->length = at->skb->len;                                                                                        \
  hello->captured = captured;                                                                                          \
  hello->link = at->link;                                                                                              \
  if (captured == 0 || captured > most || bpf_skb_load_bytes(at->skb, 0, hello->bytes, captured)) {                    \
    bpf_ringbuf_discard(hello, BPF_RB_NO_WAKEUP);                                                                      \
    tell(LOST_COPIES);                                                                                                 \
    return;                                                                                                            \
  }                                                                                                                    \
  bpf_ringbuf_submit(hello, 0);

static __always_inline void copy_small(const struct look *at) {
  COPY_HELLO(small_hello, SMALL_HELLO)
}

static __always_inline void copy_large(const struct look *at) {
  COPY_HELLO(large_hello, LARGE_HELLO)
}

/*
 * A segment that may hold a ClientHello, or the rest of one. Global, for the verifier: see examine().
 *
 * @where as in packet.h; @before bytes of the frame before TLS
 */
__noinline int look_for_hello(struct __sk_buff *skb, __u64 where, __u32 before) {
  struct packet p = {};
  unpack(&p, skb, where);
  struct look at = unpack_look(skb, where);
  __u8 head[6];
  if (!has(&p, p.transport, 8) || bpf_skb_load_bytes(skb, before, head, sizeof(head)))
    return 0;
  /* one packet may leave one pod and come into another */
  __u32 ports = load32(p.transport) ^ at.direction, seq = bpf_ntohl(load32(p.transport + 4));
  __u32 place = (ports ^ ports >> 16) & (HELLO_PLACES - 1);
  /* a handshake record of any version, a ClientHello in it */
  bool begins = head[0] == 22 && head[1] == 3 && head[5] == 1;
  bool goes_on = going_on[place].ports == ports && going_on[place].seq == seq;
  if (!begins && !goes_on)
    return 0;
  at.pod = pod_of(skb);
  if (!at.pod)
    return 0;
  __u32 payload = skb->len - before;
  if (begins && payload < 5u + (head[3] << 8 | head[4])) {
    going_on[place].ports = ports;
    going_on[place].seq = seq + payload;
  } else if (goes_on) {
    going_on[place].ports = 0;
  }
  if (skb->len <= SMALL_HELLO)
    copy_small(&at);
  else
    copy_large(&at);
  return 0;
}

static __always_inline void look_at_tls(struct look *at, const struct packet *p, __be16 to, bool leaves) {
  if (at->skb->len < LEAST_HELLO)
    return;
  bool may_be = usually_tls(to) || (leaves && !frames_only && is_first_flight(at->skb));
  if (!may_be)
    return;
  __u32 before = distance((__u8 *)(long)at->skb->data, p->transport) + ((p->transport[12] >> 4) << 2);
  if (before < at->skb->len)
    look_for_hello(at->skb, at->where, before);
}
