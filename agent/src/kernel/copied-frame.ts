/**
 * A frame that the packets program copied (agent/bpf/packets.bpf.c, `struct frame`), little endian:
 *
 *   0 u64 time_ns   8 u32 pod   12 u32 direction   16 u32 length on the wire   20 u16 captured   22 u16 link type   24 bytes
 */
export const CopiedFrame = {
  time: 0,
  pod: 8,
  direction: 12,
  length: 16,
  captured: 20,
  link: 22,
  bytes: 24,
} as const;

/** Bit of `direction`: user space counts the frame, the kernel has not. */
export const FRAME_COUNTS = 1 << 8;
