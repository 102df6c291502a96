import { type Paint, paint, plain } from './paint.js';

/** What a command writes to; an object of process.stdout's kind, so that tests can watch. */
export interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string | Uint8Array): boolean;
  once(event: 'drain' | 'close', listener: () => void): unknown;
  off(event: 'drain' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/** The reader of our output went away: nothing to say, nobody to say it to. */
export class ReaderGone extends Error {}

/** Standard output and standard error of a command. */
export class Terminal {
  /** Aborts when the reader of standard output is gone. */
  readonly #gone = new AbortController();

  constructor(
    readonly out: Stream,
    readonly err: Stream,
    readonly noColour: boolean,
  ) {
    out.on('error', () => this.#gone.abort());
    err.on('error', () => {});
  }

  /** Aborts when nobody reads standard output any more. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Colours for standard output. */
  get paint(): Paint {
    return this.out.isTTY && !this.noColour ? paint : plain;
  }

  /** Resolves when there is room for more, or when `giveUp` aborts. Throws ReaderGone. */
  async write(text: string | Uint8Array, giveUp?: AbortSignal): Promise<void> {
    if (this.gone.aborted) throw new ReaderGone();
    if (this.out.write(text) || giveUp?.aborted) return;
    await new Promise<void>((resolve) => {
      const settle = () => {
        this.out.off('drain', settle);
        this.out.off('close', settle);
        this.gone.removeEventListener('abort', settle);
        giveUp?.removeEventListener('abort', settle);
        resolve();
      };
      this.out.once('drain', settle);
      this.out.once('close', settle);
      this.gone.addEventListener('abort', settle);
      giveUp?.addEventListener('abort', settle);
    });
    if (this.gone.aborted) throw new ReaderGone();
  }

  /** A line on standard error. */
  warn(line: string): void {
    this.err.write(`${line}\n`);
  }
}
