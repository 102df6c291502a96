import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SnoopyError } from '@snoopy/proto';

/** Beside the certificates of whom it is for. */
export const TOKEN_FILE = 'token';

/** The token in FOLDER/token; made when there is none. For its owner alone. */
export async function tokenIn(folder: string): Promise<string> {
  const path = join(folder, TOKEN_FILE);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // The first of two that start at once wins.
    await writeFile(path, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      },
    );
    const token = (await readFile(path, 'utf8')).trim();
    if (token.length >= 16) return token;
    throw new Error('it holds no token of 16 characters or more; remove it, and a new one is made');
  } catch (cause) {
    throw new SnoopyError('UNAVAILABLE', `${path} cannot be used: ${(cause as Error).message}.`, { cause });
  }
}
