import { openSync, writeSync } from 'node:fs';
import { SnoopyError } from '@snoopy/proto';
import type { Audit, AuditLine } from './audit.js';

/** A reader of a full pipe that takes nothing for so long is gone. */
const MOST_WAITS_MS = 1_000;

/** The audit as JSON lines in a file, or on standard output for `-`. Written before the call goes on. */
export class AuditFile implements Audit {
  readonly #file: number;

  /**
   * Throws SnoopyError UNAVAILABLE when it cannot be opened.
   * @param failed hears of lines that could not be written, of calls that end or are refused
   */
  constructor(
    readonly path: string,
    readonly now: () => Date,
    readonly failed: (error: Error) => void,
  ) {
    try {
      this.#file = path === '-' ? 1 : openSync(path, 'a', 0o600);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      throw new SnoopyError('UNAVAILABLE', `--audit-log ${path} cannot be opened: ${code}.`, { cause });
    }
  }

  /** Throws SnoopyError UNAVAILABLE when what is to be allowed cannot be written down. */
  write(line: AuditLine): void {
    const bytes = Buffer.from(`${JSON.stringify({ time: this.now().toISOString(), ...line })}\n`);
    try {
      let waits = 0;
      for (let at = 0; at < bytes.length; ) {
        const written = this.#piece(bytes, at);
        at += written;
        if (written === 0 && ++waits > MOST_WAITS_MS) throw new Error('its reader takes nothing');
      }
    } catch (cause) {
      this.failed(cause as Error);
      if (!line.allowed) return;
      throw new SnoopyError('UNAVAILABLE', 'The audit cannot be written, so nothing is allowed.', { cause });
    }
  }

  #piece(bytes: Buffer, at: number): number {
    try {
      return writeSync(this.#file, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      return 0;
    }
  }
}
