import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SnoopyError } from '@snoopy/proto';
import { fileNameOf } from './safe-name.js';

/** Files in the folder: an attacker with many names must not use up the disk's inodes. */
const MOST_FILES = 10_000;

// Never through a link; and a FIFO put there must not hold us up.
const flags =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** One file for each pod, appended to, all of them within a bound. */
export class PodFiles {
  /** Sizes of what is there; undefined until the folder was read. */
  #files: Promise<Map<string, number>> | undefined;
  #bytes = 0;
  /** By name: the append that is going on. Messages for one pod are written one after the other, whole. */
  readonly #last = new Map<string, Promise<void>>();

  /** @param folder made when first needed  @param limit bytes of all files */
  constructor(
    readonly folder: string,
    readonly limit: number,
  ) {}

  /**
   * Appends to the pod's file: all of `data` or nothing.
   * Throws SnoopyError BAD_INPUT for a name that cannot be one, LIMIT when there is no room, UNAVAILABLE when the
   * file cannot be written.
   */
  async append(pod: string, data: Uint8Array): Promise<void> {
    const name = fileNameOf(pod);
    const before = this.#last.get(name) ?? Promise.resolve();
    const mine = before.catch(() => undefined).then(() => this.#append(name, data));
    this.#last.set(name, mine);
    try {
      await mine;
    } finally {
      if (this.#last.get(name) === mine) this.#last.delete(name);
    }
  }

  async #append(name: string, data: Uint8Array): Promise<void> {
    const files = await this.#known();
    const size = files.get(name);
    if (size === undefined && files.size >= MOST_FILES) {
      throw new SnoopyError('LIMIT', `${this.folder} holds ${MOST_FILES} files already: remove some.`);
    }
    if (this.#bytes + data.length > this.limit) {
      throw new SnoopyError(
        'LIMIT',
        `${this.folder} holds ${this.#bytes} bytes, and --data-limit is ${this.limit}: remove files and start the aggregator again, or raise it.`,
      );
    }
    // Taken before the first await of the write, so that appends to other files count it.
    files.set(name, (size ?? 0) + data.length);
    this.#bytes += data.length;
    try {
      await this.#write(name, data);
    } catch (error) {
      this.#bytes -= data.length;
      if (size === undefined) files.delete(name);
      else files.set(name, size);
      throw unavailable(this.folder, name, error);
    }
  }

  async #write(name: string, data: Uint8Array): Promise<void> {
    const file = await open(join(this.folder, name), flags, 0o600);
    try {
      const before = await file.stat();
      if (!before.isFile()) throw new Error('it is no plain file');
      await writeWhole(file, data, before.size);
    } finally {
      await file.close();
    }
  }

  /** Reads the folder once. */
  #known(): Promise<Map<string, number>> {
    this.#files ??= this.#readFolder().catch((error: unknown) => {
      this.#files = undefined; // the next call tries again
      throw unavailable(this.folder, '', error);
    });
    return this.#files;
  }

  async #readFolder(): Promise<Map<string, number>> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const files = new Map<string, number>();
    for (const entry of await readdir(this.folder, { withFileTypes: true })) {
      if (entry.isFile()) files.set(entry.name, (await stat(join(this.folder, entry.name))).size);
    }
    this.#bytes = [...files.values()].reduce((sum, size) => sum + size, 0);
    return files;
  }
}

/** Takes back what was written when the disk is full half-way. */
async function writeWhole(file: FileHandle, data: Uint8Array, sizeBefore: number): Promise<void> {
  try {
    await file.writeFile(data);
  } catch (error) {
    await file.truncate(sizeBefore).catch(() => undefined);
    throw error;
  }
}

function unavailable(folder: string, name: string, error: unknown): SnoopyError {
  const { code } = error as NodeJS.ErrnoException;
  const reason = code === 'ELOOP' ? 'it is a link' : (code ?? (error as Error).message);
  return new SnoopyError('UNAVAILABLE', `${join(folder, name)} cannot be written: ${reason}.`, {
    cause: error,
  });
}
