import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SnoopyError } from '@snoopy/proto';
import type { Bag, CertificateStore } from './certificate-store.js';

/** Certificates in a folder, a folder for each bag; for root alone. */
export class FolderStore implements CertificateStore {
  constructor(readonly place: string) {}

  async read(bag: string): Promise<Bag | undefined> {
    const folder = join(this.place, bag);
    try {
      const names = await readdir(folder);
      if (names.length === 0) return undefined;
      const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
      const files = Object.fromEntries(names.map((name, i) => [name, texts[i]!]));
      return { files, version: versionOf(files) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw this.#unavailable(error);
    }
  }

  /** Files are replaced one after the other, each whole: who reads in between finds a pair that does not fit and waits. */
  async write(
    bag: string,
    files: Readonly<Record<string, string>>,
    before: string | undefined,
  ): Promise<boolean> {
    const folder = join(this.place, bag);
    if ((await this.read(bag))?.version !== before) return false;
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await chmod(this.place, 0o700);
      for (const [name, text] of Object.entries(files)) await replace(join(folder, name), text);
    } catch (error) {
      throw this.#unavailable(error);
    }
    return true;
  }

  #unavailable(error: unknown): SnoopyError {
    const { code, message } = error as NodeJS.ErrnoException;
    const sentence = `The folder for certificates ${this.place} cannot be used: ${code ?? message}.`;
    return new SnoopyError('UNAVAILABLE', sentence, { cause: error });
  }
}

async function replace(path: string, text: string): Promise<void> {
  const next = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  await writeFile(next, text, { mode: 0o600, flag: 'wx' });
  await rename(next, path);
}

function versionOf(files: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(files).sort()) hash.update(JSON.stringify([name, files[name]]));
  return hash.digest('hex');
}
