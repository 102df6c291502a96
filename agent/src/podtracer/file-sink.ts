import { closeSync, constants, fchmodSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { SnoopyError } from '@snoopy/proto';
import type { Sink } from './sink.js';

const { O_WRONLY, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;

/**
 * A file of its own: made for its owner alone (0600), overwritten when it is there, never through a symbolic link,
 * never a device or a pipe. Writes at once, so it never asks to wait.
 */
export class FileSink implements Sink {
  readonly name: string;
  onDrain = (): void => {};
  onFailure = (_error: Error): void => {};
  readonly #fd: number;
  #failure: Error | undefined;

  /** Throws SnoopyError when the file cannot be written. */
  constructor(path: string) {
    this.name = `file ${path}`;
    this.#fd = openOwn(path);
  }

  write(chunk: Uint8Array): boolean {
    if (this.#failure) return true;
    try {
      // A write may take less than it is given, on a full disk first of all.
      for (let at = 0; at < chunk.byteLength; ) at += writeSync(this.#fd, chunk, at);
    } catch (error) {
      this.#failure = new SnoopyError(
        'UNAVAILABLE',
        `${this.name} cannot be written: ${(error as Error).message}`,
      );
      this.onFailure(this.#failure);
    }
    return true;
  }

  async end(): Promise<void> {
    closeSync(this.#fd);
    if (this.#failure) throw this.#failure;
  }
}

function openOwn(path: string): number {
  const problem = (why: string): SnoopyError =>
    new SnoopyError('BAD_INPUT', `file ${path} cannot be used: ${why}`);
  let fd: number;
  try {
    // Not blocking: a FIFO without a reader would never open.
    fd = openSync(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0o600);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw problem(code === 'ELOOP' ? 'it is a symbolic link' : message);
  }
  const stats = fstatSync(fd);
  if (!stats.isFile() || stats.nlink !== 1) {
    closeSync(fd);
    throw problem(stats.isFile() ? 'it has a second name (hard link)' : 'it is not an ordinary file');
  }
  fchmodSync(fd, 0o600);
  ftruncateSync(fd);
  return fd;
}
