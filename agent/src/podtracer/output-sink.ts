import { write } from 'node:fs';
import { SnoopyError } from '@snoopy/proto';
import type { Sink } from './sink.js';

/** Bytes that may wait. */
const mostWaiting = 1 << 20;

/**
 * Standard output. Writes happen beside the event loop, so that a reader who does not read stops neither timer nor
 * Ctrl-C, and no flag of a descriptor that other programs share is changed.
 */
export class OutputSink implements Sink {
  readonly name = 'standard output';
  onDrain = (): void => {};
  onFailure = (_error: Error): void => {};
  readonly #queue: Uint8Array[] = [];
  #waiting = 0;
  #writing = false;
  #full = false;
  #failure: Error | undefined;
  #onEmpty = (): void => {};

  constructor(readonly fd = 1) {}

  write(chunk: Uint8Array): boolean {
    if (this.#failure) return true;
    this.#queue.push(chunk);
    this.#waiting += chunk.byteLength;
    if (!this.#writing) this.#next();
    this.#full ||= this.#waiting > mostWaiting;
    return !this.#full;
  }

  async end(): Promise<void> {
    if (this.#writing) {
      await new Promise<void>((resolve) => {
        this.#onEmpty = resolve;
      });
    }
    if (this.#failure) throw this.#failure;
  }

  #next(): void {
    const chunk = this.#queue[0];
    this.#writing = chunk !== undefined && !this.#failure;
    if (this.#writing) write(this.fd, chunk!, (error, count) => this.#wrote(chunk!, error, count));
    else this.#onEmpty();
  }

  #wrote(chunk: Uint8Array, error: NodeJS.ErrnoException | null, count: number): void {
    if (error?.code === 'EAGAIN') {
      setTimeout(() => this.#next(), 5);
      return;
    }
    if (error) {
      this.#fail(error);
      return;
    }
    this.#waiting -= count;
    if (count < chunk.byteLength) this.#queue[0] = chunk.subarray(count);
    else this.#queue.shift();
    if (this.#full && this.#waiting < mostWaiting / 2) {
      this.#full = false;
      this.onDrain();
    }
    this.#next();
  }

  #fail(error: NodeJS.ErrnoException): void {
    const why = error.code === 'EPIPE' ? 'its reader has gone' : error.message;
    this.#failure = new SnoopyError('CANCELLED', `standard output takes no more: ${why}`, { cause: error });
    this.#queue.length = 0;
    this.#writing = false;
    this.onFailure(this.#failure);
    this.#onEmpty();
  }
}
