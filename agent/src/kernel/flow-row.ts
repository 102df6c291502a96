/**
 * One row of agent/bpf/packets.bpf.c (`struct flow_row`), little endian but for addresses and ports.
 *
 *   0 u64 first_ns   8 u64 last_ns
 *  16 sent, 40 received: u64 bytes, u64 payload, u32 segments, u32 packets
 *  64 local[16]     80 peer[16]     96 be16 local_port    98 be16 peer_port
 * 100 u32 pod   104 u32 protocol  108 u32 initiator       116 u32 rows before | IDLE | OVER
 */
export const FlowRow = {
  first: 0,
  last: 8,
  sent: 16,
  received: 40,
  local: 64,
  peer: 80,
  localPort: 96,
  peerPort: 98,
  pod: 100,
  protocol: 104,
  initiator: 108,
  rows: 116,
  bytes: 120,
} as const;

/** Within `sent` and `received`. */
export const FlowRowCounter = { bytes: 0, payload: 8, segments: 16, packets: 20 } as const;

/** `initiator`: the pod sent the first packet. */
export const FLOW_ROW_SENT = 1;

/** Bits of `rows`: nothing came for so long; the pod is no longer watched. Rows before are below both. */
export const FLOW_ROW_IDLE = 0x8000_0000;
export const FLOW_ROW_OVER = 0x4000_0000;
/** From here on `rows` says that the flow is to be deleted. */
export const FLOW_ROW_ENDS = FLOW_ROW_OVER;

/** `struct tcp_row`: a FlowRow, then for sent and received: u32 the number after the latest byte, u32 acknowledgement. */
export const TcpFlowRow = { nextSeq: 120, ack: 128, bytes: 136 } as const;

/** The maps of flows (agent/bpf/flows.h, tcp-frames.h), and what a row of each takes. */
export type FlowMap = 'flows4' | 'flows6' | 'tcp_flows';
export const rowBytesOf = (map: FlowMap): number => (map === 'tcp_flows' ? TcpFlowRow.bytes : FlowRow.bytes);
