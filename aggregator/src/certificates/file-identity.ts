import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Log, SnoopyError } from '@snoopy/proto';
import { caFile, certificateFile, keyFile } from './certificate-store.js';
import type { IdentityFeed } from './identity.js';
import { belongTogether } from './pair.js';

/** A mounted Secret changes at once, by a link; others replace file by file. */
const LOOK_MS = 5_000;

/** An identity that somebody else makes and renews: cert-manager, or people. Files are read again when they change. */
export class FileIdentity {
  #timer: NodeJS.Timeout | undefined;
  #failed = '';

  constructor(
    readonly folder: string,
    readonly feed: IdentityFeed,
    readonly log: Log,
  ) {}

  /** Throws SnoopyError UNAVAILABLE when there is no whole identity. */
  async start(): Promise<void> {
    await this.look();
    this.#timer = setInterval(() => void this.#lookAgain(), LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async look(): Promise<void> {
    try {
      const [ca, certificate, key] = await Promise.all([
        this.#file(caFile),
        this.#file(certificateFile),
        this.#file(keyFile),
      ]);
      if (!belongTogether({ certificate, key })) throw new Error(`${keyFile} is not ${certificateFile}'s`);
      if (this.feed.put({ ca, certificate, key }))
        this.log.info({ folder: this.folder }, 'certificates read');
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      const files = `${caFile}, ${certificateFile} and ${keyFile}`;
      const sentence = `--tls-dir ${this.folder} needs ${files}: ${code ?? message}.`;
      throw new SnoopyError('UNAVAILABLE', sentence, { cause });
    }
  }

  async #lookAgain(): Promise<void> {
    try {
      await this.look();
      this.#failed = '';
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.#failed) this.log.warn({ reason: message }, 'certificates stay as they are');
      this.#failed = message;
    }
  }

  #file(name: string): Promise<string> {
    return readFile(join(this.folder, name), 'utf8');
  }
}
