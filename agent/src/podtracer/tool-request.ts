/**
 * Packets of one interface as a pcap stream on standard output: tcpdump, which prints nothing and writes no file.
 * Needs NET_RAW.
 */
export interface CaptureRequest {
  readonly kind: 'capture';
  readonly interface: string;
  /** Bytes of each frame, 0: all (262,144). */
  readonly snaplen: number;
  /** pcap-filter(7); empty: everything. Give it to `compileFilter` first. */
  readonly filter: string;
  /** The kernel's packet ring, KiB. */
  readonly ringKiB: number;
  /** Time stamps in nanoseconds instead of microseconds. */
  readonly nanoseconds: boolean;
  /**
   * Write at each packet (-U); otherwise only when tcpdump's buffer (32 KiB) is full, and at its end. Its SIGUSR2 is no
   * way out: the handler flushes even in the middle of a write, which garbles the stream.
   */
  readonly everyPacket?: boolean;
  /** Hand over each packet at once (--immediate-mode); otherwise the kernel keeps a block of packets for up to 1 s. */
  readonly immediate?: boolean;
  /** End after this many packets. */
  readonly maxPackets?: number;
}

/** A tool of the catalogue with free arguments, which the catalogue checks. */
export interface RunRequest {
  readonly kind: 'run';
  readonly tool: string;
  readonly args: readonly string[];
}

export type ToolRequest = CaptureRequest | RunRequest;
