import type { PacketFile } from './packet-file.js';
import type { Terminal } from './terminal.js';

/** Standard output as the place where packets go. */
export class PipeFile implements PacketFile {
  written = 0;

  constructor(readonly terminal: Terminal) {}

  async write(bytes: Uint8Array): Promise<void> {
    await this.terminal.write(bytes);
    this.written += bytes.length;
  }

  async close(): Promise<void> {}
}
