/**
 * One row of agent/bpf/sockets.bpf.c (`struct row`), little endian but for the addresses.
 *
 *   0 u64 socket, or u32 total_out, total_in      8 u64 time_ns     16 u64 since_ns    24 u64 payload_out   32 u64 payload_in
 *  40 local[16]      56 peer[16]        72 u16 local_port  74 u16 peer_port     76 u32 pod
 *  80 u32 local_isn  84 u32 peer_isn    88 u32 handshake_us                     92 u32 srtt_us
 *  96 u32 segs_out  100 u32 segs_in    104 u32 data_segs_out                   108 u32 data_segs_in
 * 112 u32 retransmits 116 u16 header_bytes 118 u16 error   120 u8 kind 121 u8 old_state 122 u8 flags
 */
export const SocketRow = {
  /** The socket's address in rows of passes; in those of ends, what the connection carried each way, modulo 2^32. */
  socket: 0,
  totalOut: 0,
  totalIn: 4,
  time: 8,
  since: 16,
  payloadOut: 24,
  payloadIn: 32,
  local: 40,
  peer: 56,
  localPort: 72,
  peerPort: 74,
  pod: 76,
  localIsn: 80,
  peerIsn: 84,
  handshakeUs: 88,
  srttUs: 92,
  segmentsOut: 96,
  segmentsIn: 100,
  dataSegmentsOut: 104,
  dataSegmentsIn: 108,
  retransmits: 112,
  headerBytes: 116,
  error: 118,
  kind: 120,
  oldState: 121,
  flags: 122,
  bytes: 128,
} as const;

/** `kind`. */
export const SocketRowKind = { opened: 1, closed: 2, attemptFailed: 3, live: 4, over: 5, gone: 6 } as const;

/** Bits of `flags`. */
export const SocketFlag = { client: 1, unacked: 2, unread: 4, unanswered: 8, first: 16, known: 32 } as const;

/** include/net/tcp_states.h */
export const TcpState = {
  established: 1,
  synSent: 2,
  finWait1: 4,
  finWait2: 5,
  timeWait: 6,
  close: 7,
  closeWait: 8,
  lastAck: 9,
  closing: 11,
} as const;

/** `error` (sk_err), include/uapi/asm-generic/errno.h. */
export const SocketError = {
  brokenPipe: 32,
  networkUnreachable: 101,
  connectionAborted: 103,
  connectionReset: 104,
  timedOut: 110,
  connectionRefused: 111,
  hostUnreachable: 113,
} as const;
