import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Issuer, KeptIssuer } from './key-ring.js';

/** The issuer's public keys in a file. */
export class IssuerFile implements KeptIssuer {
  constructor(readonly path: string) {}

  async read(): Promise<Issuer | undefined> {
    try {
      return JSON.parse(await readFile(this.path, 'utf8')) as Issuer;
    } catch {
      return undefined;
    }
  }

  async write(issuer: Issuer): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
    await writeFile(`${this.path}.tmp`, JSON.stringify(issuer), { mode: 0o600 });
    await rename(`${this.path}.tmp`, this.path);
  }
}
