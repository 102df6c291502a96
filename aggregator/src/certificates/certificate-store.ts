/** A set of files that are read and written together, by name. */
export interface Bag {
  readonly files: Readonly<Record<string, string>>;
  /** Changes with every write. */
  readonly version: string;
}

/** Port: where certificates are kept. Everything throws SnoopyError UNAVAILABLE when the place cannot be reached. */
export interface CertificateStore {
  /** For messages. */
  readonly place: string;
  read(bag: string): Promise<Bag | undefined>;
  /**
   * Writes all files of a bag.
   * @param before the version that was read; undefined: there was none
   * @returns false when somebody else wrote meanwhile: read again
   */
  write(bag: string, files: Readonly<Record<string, string>>, before: string | undefined): Promise<boolean>;
}

/** Names of files, those of Kubernetes' TLS Secrets. */
export const caFile = 'ca.crt';
export const certificateFile = 'tls.crt';
export const keyFile = 'tls.key';
