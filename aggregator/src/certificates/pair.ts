import { createPrivateKey, X509Certificate } from 'node:crypto';

/** A certificate and its key, both PEM. */
export interface Pair {
  readonly certificate: string;
  readonly key: string;
}

/** Clocks of other machines may be behind: a certificate is valid from so long before it was made. */
export const BACKDATED_MS = 5 * 60_000;

/** Life of a certificate, milliseconds since 1970. */
export interface Life {
  /** When it was made. */
  readonly fromMs: number;
  readonly toMs: number;
}

export function lifeOf(certificate: string): Life {
  const { validFrom, validTo } = new X509Certificate(certificate);
  return { fromMs: Date.parse(validFrom) + BACKDATED_MS, toMs: Date.parse(validTo) };
}

/** How much of its life is left, 1 … 0; negative: it is over. */
export function lifeLeft(certificate: string, nowMs: number): number {
  const { fromMs, toMs } = lifeOf(certificate);
  return (toMs - nowMs) / (toMs - fromMs);
}

export function commonNameOf(certificate: string): string {
  const { subject } = new X509Certificate(certificate);
  return /^CN=(.*)$/m.exec(subject)?.[1] ?? '';
}

/** Whether the authority signed it. */
export function isSignedBy(certificate: string, authority: string): boolean {
  const signer = new X509Certificate(authority);
  const signed = new X509Certificate(certificate);
  return signed.checkIssued(signer) && signed.verify(signer.publicKey);
}

/** Whether the key is the certificate's. */
export function belongTogether({ certificate, key }: Pair): boolean {
  return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
}

/** DNS names and addresses that a certificate is for. */
export function namesOf(certificate: string): string[] {
  const { subjectAltName = '' } = new X509Certificate(certificate);
  return subjectAltName.split(', ').flatMap((entry) => /^(?:DNS|IP Address):(.*)$/.exec(entry)?.[1] ?? []);
}

const block = /-----BEGIN ([A-Z ]+)-----[\s\S]*?-----END \1-----/g;

/** The PEM blocks of a text, each with its final line feed. */
export function pemBlocks(text: string): string[] {
  return [...text.matchAll(block)].map(([pem]) => `${pem}\n`);
}
