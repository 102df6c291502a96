import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SnoopyError } from '@snoopy/proto';
import type { RunFile, RunFiles } from './run-file.js';

const SAFE = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;

/** Files in FOLDER/NAMESPACE/JOB/RUN.ENDING, all of them together within a bound. */
export class DiskRunFiles implements RunFiles {
  /** Bytes of all of them; undefined before they were counted. */
  #bytes: number | undefined;

  /** @param folder made when first needed  @param limit bytes of all files */
  constructor(
    readonly folder: string,
    readonly limit: number,
  ) {}

  async open(namespace: string, job: string, run: string, ending: string): Promise<RunFile> {
    const folder = this.#folderOf(namespace, job);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    this.#bytes ??= await sizeOf(this.folder);
    const name = `${run}.${ending}`;
    // Never over a file that is there: at most once.
    const stream = createWriteStream(join(folder, name), { flags: 'wx', mode: 0o600 });
    return new DiskRunFile(stream, name, (bytes) => this.#take(bytes));
  }

  async remove(namespace: string, job: string, run: string): Promise<void> {
    const found = await this.find(namespace, job, run);
    if (!found) return;
    await rm(found.path, { force: true });
    this.#bytes = undefined;
  }

  async removeAll(namespace: string, job: string): Promise<void> {
    await rm(this.#folderOf(namespace, job), { recursive: true, force: true });
    this.#bytes = undefined;
  }

  async find(
    namespace: string,
    job: string,
    run: string,
  ): Promise<{ path: string; name: string } | undefined> {
    const folder = this.#folderOf(namespace, job);
    const names = await readdir(folder).catch(() => []);
    const name = names.find((one) => one.startsWith(`${run}.`));
    return name === undefined ? undefined : { path: join(folder, name), name };
  }

  #folderOf(namespace: string, job: string): string {
    if (!SAFE.test(namespace) || !SAFE.test(job))
      throw new SnoopyError('BAD_INPUT', 'That cannot be the name of a job or of its namespace.');
    return join(this.folder, namespace, job);
  }

  /** @returns whether there is room */
  #take(bytes: number): boolean {
    const now = (this.#bytes ?? 0) + bytes;
    if (now > this.limit) return false;
    this.#bytes = now;
    return true;
  }
}

class DiskRunFile implements RunFile {
  bytes = 0;
  onDrain = (): void => {};
  onFailure = (_: string): void => {};
  #failure = '';

  constructor(
    readonly stream: WriteStream,
    readonly name: string,
    readonly take: (bytes: number) => boolean,
  ) {
    stream.on('drain', () => this.onDrain());
    stream.on('error', (error) => this.#fail(`its file cannot be written: ${error.message}`));
  }

  write(data: Uint8Array): boolean {
    if (this.#failure !== '') return true;
    if (!this.take(data.length)) {
      this.#fail('the files of jobs are over --data-limit: remove some, or raise it');
      return true;
    }
    this.bytes += data.length;
    return this.stream.write(data);
  }

  async end(): Promise<void> {
    if (!this.stream.destroyed) await new Promise<void>((resolve) => this.stream.end(() => resolve()));
    if (this.#failure !== '') throw new Error(this.#failure);
  }

  #fail(why: string): void {
    if (this.#failure !== '') return;
    this.#failure = why;
    this.onFailure(why);
    this.onDrain();
  }
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    if (entry.isFile())
      bytes += (await stat(join(entry.parentPath, entry.name)).catch(() => ({ size: 0 }))).size;
  }
  return bytes;
}
