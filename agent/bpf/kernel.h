/*
 * The few kernel types that the programs read. CO-RE relocates every access to the layout of the running kernel, so
 * the names and types of the fields matter here, not their order and not what is left out.
 * Sources: include/net/sock.h, include/net/inet_sock.h, include/linux/tcp.h, include/net/net_namespace.h.
 */
#pragma once

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
  unsigned int inum;
};

struct net {
  struct ns_common ns;
  __u64 net_cookie;
};

typedef struct {
  struct net *net;
} possible_net_t;

struct in6_addr {
  union {
    __be32 u6_addr32[4];
  } in6_u;
};

struct sock_common {
  __be32 skc_daddr;
  __be32 skc_rcv_saddr;
  __be16 skc_dport;
  unsigned short skc_family;
  volatile unsigned char skc_state;
  possible_net_t skc_net;
  struct in6_addr skc_v6_daddr;
  struct in6_addr skc_v6_rcv_saddr;
  unsigned long skc_flags;
};

struct sock {
  struct sock_common __sk_common;
  int sk_err;
  int sk_err_soft;
  __u16 sk_protocol;
  __u32 sk_max_ack_backlog;
};

struct inet_sock {
  struct sock sk;
  __be16 inet_sport;
};

struct inet_connection_sock {
  struct inet_sock icsk_inet;
};

struct tcp_sock {
  struct inet_connection_sock inet_conn;
  __u16 tcp_header_len;
  __u32 rcv_nxt;
  __u32 copied_seq;
  __u32 snd_una;
  __u32 write_seq;
  __u32 srtt_us;
  __u32 segs_in;
  __u32 segs_out;
  __u32 data_segs_in;
  __u32 data_segs_out;
  __u64 bytes_received;
  __u64 bytes_acked;
  __u32 total_retrans;
};

struct seq_file {
  unsigned long size;
  unsigned long count;
};

struct bpf_map;

struct bpf_iter_meta {
  struct seq_file *seq;
};

struct bpf_iter__bpf_map_elem {
  struct bpf_iter_meta *meta;
  struct bpf_map *map;
  void *key;
  void *value;
};

struct bpf_iter__tcp {
  struct bpf_iter_meta *meta;
  struct sock_common *sk_common;
};

#pragma clang attribute pop

/* include/net/tcp_states.h */
enum {
  TCP_ESTABLISHED = 1,
  TCP_SYN_SENT = 2,
  TCP_SYN_RECV = 3,
  TCP_FIN_WAIT1 = 4,
  TCP_FIN_WAIT2 = 5,
  TCP_TIME_WAIT = 6,
  TCP_CLOSE = 7,
  TCP_LAST_ACK = 9,
  TCP_LISTEN = 10,
  TCP_CLOSING = 11,
};

/* include/net/sock.h, enum sock_flags: a FIN came. */
#define SOCK_DONE_BIT (1ul << 1)

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMPV6 = 58, PROTO_SCTP = 132 };

/* include/linux/socket.h */
enum {
  AF_INET = 2,
  AF_INET6 = 10,
};
