import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';

/** A JSON Web Token (RFC 7519) in parts. */
export interface Jwt {
  readonly header: { readonly alg?: string; readonly kid?: string };
  readonly claims: Readonly<Record<string, unknown>>;
  /** What is signed. */
  readonly signed: string;
  readonly signature: Buffer;
}

/** A key of a JSON Web Key Set (RFC 7517). */
export type Jwk = JsonWebKey & { readonly kid?: string; readonly alg?: string };

/** Undefined: it is none. */
export function parseJwt(token: string): Jwt | undefined {
  const [head = '', body = '', signature, more] = token.split('.');
  if (signature === undefined || more !== undefined) return undefined;
  try {
    const [header, claims] = [head, body].map((part) =>
      JSON.parse(Buffer.from(part, 'base64url').toString()),
    );
    if (!isObject(header) || !isObject(claims)) return undefined;
    return { header, claims, signed: `${head}.${body}`, signature: Buffer.from(signature, 'base64url') };
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What Kubernetes signs service accounts' tokens with (RFC 7518, 3.1); whatever else a token names is refused. */
const kinds: Readonly<Record<string, string>> = { RS256: 'RSA', ES256: 'EC' };

/** Whether one of the keys signed it. */
export function isSigned({ header, signed, signature }: Jwt, keys: readonly Jwk[]): boolean {
  const kind = Object.hasOwn(kinds, header.alg ?? '') ? kinds[header.alg!] : undefined;
  const candidates = keys.filter((key) => key.kty === kind && (header.kid ?? key.kid) === key.kid);
  return candidates.some((jwk) => {
    try {
      const key = createPublicKey({ key: jwk, format: 'jwk' });
      return verify('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }, signature);
    } catch {
      return false;
    }
  });
}
