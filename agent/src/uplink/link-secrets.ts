import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SnoopyError } from '@snoopy/proto';

/** Where the files for the link are. */
export interface LinkFiles {
  /** `ca.crt`, `tls.crt` and `tls.key`; empty: the link is in plain text. */
  readonly tlsDir: string;
  /** Empty: `token` in the same folder, if it is there. */
  readonly tokenFile: string;
}

/** How an agent shows who it is, and knows the aggregator. */
export interface LinkSecrets {
  readonly ca: Buffer;
  readonly certificate: Buffer;
  readonly key: Buffer;
}

/** Reads the certificates of now; undefined: there are none, on purpose. Throws SnoopyError UNAVAILABLE. */
export function readLinkSecrets({ tlsDir }: LinkFiles): LinkSecrets | undefined {
  if (tlsDir === '') return undefined;
  return {
    ca: read(join(tlsDir, 'ca.crt')),
    certificate: read(join(tlsDir, 'tls.crt')),
    key: read(join(tlsDir, 'tls.key')),
  };
}

/** Reads the token of now; empty: there is none. Throws SnoopyError UNAVAILABLE. */
export function readLinkToken({ tlsDir, tokenFile }: LinkFiles): string {
  if (tlsDir === '') return '';
  if (tokenFile !== '') return read(tokenFile).toString().trim();
  const beside = join(tlsDir, 'token');
  return existsSync(beside) ? read(beside).toString().trim() : '';
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new SnoopyError('UNAVAILABLE', `${path} cannot be read: ${code}`, { cause });
  }
}
