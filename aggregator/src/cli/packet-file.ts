/** Where a capture's bytes go. */
export interface PacketFile {
  /** Bytes so far. */
  readonly written: number;
  /** Resolves when they are written, or, for a pipe, when there is room for more. */
  write(bytes: Uint8Array): Promise<void>;
  /** A file that stayed empty goes away. */
  close(): Promise<void>;
}
