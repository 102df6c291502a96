import { formatAddress, parseAddress } from '../observe/ip-address.js';
import { isSignedBy, lifeLeft, lifeOf, namesOf, type Pair } from './pair.js';
import { issue, makeAuthority, type Subject } from './x509.js';

/** What there is: the authorities, newest first, and what they issued. */
export interface Certificates {
  readonly authorities: readonly Pair[];
  readonly issued: Readonly<Record<string, Pair | undefined>>;
}

export interface CertificateRules {
  /** Who gets a certificate, by what it is kept as. */
  readonly subjects: Readonly<Record<string, Subject>>;
  /** Lives, in days. */
  readonly authorityDays: number;
  readonly issuedDays: number;
  /** A new authority is given out so long before anything is signed by it, milliseconds. */
  readonly spreadMs: number;
}

/** A certificate with less of its life left is made again. */
const RENEW_AT = 1 / 3;

/**
 * What there should be, out of what there is (DESIGN, law 8): nothing but what is missing, ending or for other names is
 * made anew, so that a second look changes nothing. A new authority is trusted by all before it signs; the old one is
 * trusted until it ends.
 */
export function planCertificates(
  { authorities, issued }: Certificates,
  rules: CertificateRules,
  nowMs: number,
): Certificates {
  const alive = authorities.filter(({ certificate }) => lifeLeft(certificate, nowMs) > 0);
  const newest = alive[0];
  const fresh = newest !== undefined && lifeLeft(newest.certificate, nowMs) >= RENEW_AT;
  const all = fresh ? alive : [makeAuthority({ nowMs, days: rules.authorityDays }), ...alive];
  const signer = all.find((one) => nowMs - lifeOf(one.certificate).fromMs >= rules.spreadMs) ?? all.at(-1)!;
  const next = Object.entries(rules.subjects).map(([kept, subject]) => {
    const known = issued[kept];
    const stays = known && isGood(known, subject, signer, nowMs);
    return [kept, stays ? known : issue(signer, subject, { nowMs, days: rules.issuedDays })];
  });
  return { authorities: all, issued: Object.fromEntries(next) as Record<string, Pair> };
}

function isGood({ certificate }: Pair, subject: Subject, signer: Pair, nowMs: number): boolean {
  if (lifeLeft(certificate, nowMs) < RENEW_AT) return false;
  const has = namesOf(certificate).map(asWritten);
  const complete = subject.names.every((name) => has.includes(asWritten(name)));
  return complete && isSignedBy(certificate, signer.certificate);
}

/** Addresses have several spellings. */
function asWritten(name: string): string {
  const words = parseAddress(name);
  return words ? formatAddress(words) : name.toLowerCase();
}
