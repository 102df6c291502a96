import { SnoopyError } from '@snoopy/proto';

/** How to reach the aggregator besides its address, as given. Texts are empty when nothing is. */
export interface SecurityOptions {
  /** A folder with ca.crt and token: the folder `client` of an aggregator with --trust local. */
  readonly tlsDir: string;
  /** File with the authorities of the aggregator's certificate; `system`: those of this machine. */
  readonly tlsCa: string;
  readonly tlsServerName: string;
  readonly token: string;
  readonly tokenFile: string;
}

/** How to reach the aggregator: undefined authorities mean plain text. */
export interface Security {
  readonly ca: Buffer | 'system' | undefined;
  /** The name that its certificate must have; empty: the one in its address. */
  readonly serverName: string;
  readonly token: string;
}

/** What every aggregator's certificate is for, wherever it runs. */
const NAME = 'snoopy-aggregator';

/** Reads what the options name. @param read throws as readFileSync does  @throws SnoopyError BAD_INPUT */
export function readSecurity(options: SecurityOptions, read: (path: string) => Buffer): Security {
  const file = (path: string): Buffer => {
    try {
      return read(path);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      throw new SnoopyError('BAD_INPUT', `${path} cannot be read: ${code}.`, { cause });
    }
  };
  const { tlsDir, tlsCa, token, tokenFile, tlsServerName } = options;
  const folder = (name: string): string => (tlsDir === '' ? '' : `${tlsDir.replace(/\/$/, '')}/${name}`);
  const caFile = tlsCa || folder('ca.crt');
  const fromFile = tokenFile || (token === '' ? folder('token') : '');
  const given = token || (fromFile === '' ? '' : file(fromFile).toString().trim());
  if (given !== '' && caFile === '') {
    throw new SnoopyError(
      'BAD_INPUT',
      'A token is sent over TLS alone: give --tls-ca FILE, the authorities of the aggregator’s certificate, too.',
    );
  }
  if (caFile === '') return { ca: undefined, serverName: '', token: '' };
  const system = caFile === 'system';
  const serverName = tlsServerName || (system ? '' : NAME);
  return { ca: system ? 'system' : file(caFile), serverName, token: given };
}
