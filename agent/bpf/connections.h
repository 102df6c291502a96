/* Connections of sockets: what is remembered of each, rows of what they did, maps and counts. */
#pragma once

#include "kernel.h"

/* What a connection has reported, and what does not change. Key: the address of its socket. */
struct connection {
  __u64 started_ns;  /* first SYN sent, or established for the accepting side */
  __u64 reported_ns; /* its last row */
  __u64 payload_out; /* acknowledged */
  __u64 payload_in;
  __u32 segs_out;
  __u32 segs_in;
  __u32 data_segs_out;
  __u32 data_segs_in;
  __u32 retransmits;
  __u32 pod;
  __u32 local_isn;
  __u32 peer_isn;
  __u32 handshake_us;
  __u32 announced; /* its first row is out, or its beginning was not ours to tell */
  __u8 client;
  __u8 established;
  __u8 doubts; /* the last pass found its socket closed, or another's */
  __u8 unused;
};

enum row_kind {
  ROW_OPENED = 1,
  ROW_CLOSED = 2,
  ROW_ATTEMPT_FAILED = 3,
  ROW_LIVE = 4,
  ROW_OVER = 5, /* the pod is no longer watched: user space shall forget the connection */
  ROW_GONE = 6, /* its end was missed: to be forgotten and counted */
};

/* Bits of row.flags. */
enum row_flag {
  FLAG_CLIENT = 1,
  FLAG_UNACKED = 2,    /* data sent that nobody acknowledged */
  FLAG_UNREAD = 4,     /* data received that the program did not read */
  FLAG_UNANSWERED = 8, /* the client asked and got nothing */
  FLAG_FIRST = 16,     /* the connection was not told before */
  FLAG_KNOWN = 32,     /* of ROW_GONE: the socket's memory still says what it counted */
};

#define EEXIST 17

/* One row for user space; agent/src/kernel/socket-row.ts has the same offsets. */
struct row {
  union {
    __u64 socket;
    __u32 totals[2]; /* of ROW_CLOSED: payload acknowledged and received in all, modulo 2^32 */
  };
  __u64 time_ns;  /* CLOCK_MONOTONIC */
  __u64 since_ns; /* of the row before, or the start */
  __u64 payload_out;
  __u64 payload_in;
  __be32 local[4]; /* IPv4 as ::ffff:a.b.c.d */
  __be32 peer[4];
  __u16 local_port;
  __u16 peer_port;
  __u32 pod;
  __u32 local_isn;
  __u32 peer_isn;
  __u32 handshake_us;
  __u32 srtt_us;
  __u32 segs_out;
  __u32 segs_in;
  __u32 data_segs_out;
  __u32 data_segs_in;
  __u32 retransmits;
  __u16 header_bytes; /* of TCP, options included */
  __u16 error;        /* sk_err */
  __u8 kind;
  __u8 old_state;
  __u8 flags;
  __u8 unused;
};

_Static_assert(sizeof(struct row) == 128, "socket-row.ts counts on it");

/* A connection this young has just been told; the next pass looks at it. */
#define YOUNG_NS 500000000ull

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 131072);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, __u64);
  __type(value, struct connection);
} connections SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4 << 20);
} rows SEC(".maps");

/*
 * Rows that found no room in the ring; connections that are told neither now nor later; connections that found no room
 * in the map and are told at their ends only; entries of the map that were made, and that the kernel removed; ends that
 * the kernel did not show (sockets.bpf.c says why).
 */
enum { LOST_ROWS, LOST_CONNECTIONS, SPILLED, MADE, REMOVED, MISSED, COUNTS };

#include "counts.h"
