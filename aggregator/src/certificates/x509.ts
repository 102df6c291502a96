import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { parseAddress } from '../observe/ip-address.js';
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from './der.js';
import { BACKDATED_MS, commonNameOf, type Pair } from './pair.js';

/*
 * X.509 version 3 (RFC 5280), as far as a private authority needs it:
 *
 *   Certificate ::= SEQUENCE { tbs, algorithm, signature }
 *   tbs         ::= SEQUENCE { [0] version, serial, algorithm, issuer, validity, subject, public key, [3] extensions }
 *
 * Keys and signatures are OpenSSL's, through node:crypto: here is only the form. A library for it was measured: 20
 * packages, a container for dependency injection and a polyfill of a global among them, and 18 MiB in the program that
 * holds the authority's key.
 */

const ecdsaWithSha256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
const commonName = objectIdentifier('2.5.4.3');

const Extension = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const;
const usages = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;

/** How long a certificate is valid. */
export interface Validity {
  readonly nowMs: number;
  readonly days: number;
}

/** Whom a certificate is for. */
export interface Subject {
  readonly name: string;
  /** DNS names and addresses. */
  readonly names: readonly string[];
  readonly usage: keyof typeof usages;
}

/** A new authority that signs itself, for certificates of ends alone. */
export function makeAuthority(validity: Validity): Pair {
  const keys = newKeys();
  const name = nameOf(`snoopy authority ${randomBytes(4).toString('hex')}`);
  const extensions = [
    extension(Extension.basicConstraints, true, sequence(boolean(true), integer(Buffer.of(0)))),
    // keyCertSign and cRLSign: bits 5 and 6.
    extension(Extension.keyUsage, true, bitString(Buffer.of(0x06), 1)),
    extension(Extension.subjectKeyId, false, octetString(keyId(keys.publicKey))),
  ];
  return certificate({ keys, subject: name, issuer: name, signer: keys.privateKey, extensions }, validity);
}

/** A new key and certificate, signed by an authority. */
export function issue(authority: Pair, { name, names, usage }: Subject, validity: Validity): Pair {
  const keys = newKeys();
  const extensions = [
    extension(Extension.basicConstraints, true, sequence()),
    // digitalSignature: bit 0.
    extension(Extension.keyUsage, true, bitString(Buffer.of(0x80), 7)),
    extension(Extension.extendedKeyUsage, false, sequence(objectIdentifier(usages[usage]))),
    extension(Extension.subjectKeyId, false, octetString(keyId(keys.publicKey))),
    extension(
      Extension.authorityKeyId,
      false,
      sequence(implicit(0, keyId(createPublicKey(authority.certificate)))),
    ),
    extension(Extension.subjectAltName, false, sequence(...names.map(generalName))),
  ];
  const subject = nameOf(name);
  const issuer = nameOf(commonNameOf(authority.certificate));
  return certificate({ keys, subject, issuer, signer: authority.key, extensions }, validity);
}

interface Parts {
  readonly keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  readonly subject: Buffer;
  readonly issuer: Buffer;
  readonly signer: KeyObject | string;
  readonly extensions: readonly Buffer[];
}

function certificate({ keys, subject, issuer, signer, extensions }: Parts, { nowMs, days }: Validity): Pair {
  const serial = randomBytes(16);
  serial[0]! &= 0x7f;
  const tbs = sequence(
    explicit(0, integer(Buffer.of(2))),
    integer(serial),
    ecdsaWithSha256,
    issuer,
    sequence(time(new Date(nowMs - BACKDATED_MS)), time(new Date(nowMs + days * 86_400_000))),
    subject,
    keys.publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions)),
  );
  const der = sequence(tbs, ecdsaWithSha256, bitString(sign('sha256', tbs, signer)));
  const lines = der.toString('base64').match(/.{1,64}/g)!;
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function newKeys() {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
}

function nameOf(common: string): Buffer {
  return sequence(set(sequence(commonName, utf8String(common))));
}

/** RFC 7093, method 4. */
function keyId(key: KeyObject): Buffer {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 20);
}

function extension(id: string, critical: boolean, content: Buffer): Buffer {
  const head = [objectIdentifier(id), ...(critical ? [boolean(true)] : [])];
  return sequence(...head, octetString(content));
}

/** A DNS name, or an address: four or sixteen bytes. */
function generalName(text: string): Buffer {
  const bytes = addressBytes(text);
  return bytes ? implicit(7, bytes) : implicit(2, Buffer.from(text));
}

function addressBytes(text: string): Buffer | undefined {
  const words = parseAddress(text);
  if (!words) return undefined;
  const bytes = Buffer.alloc(16);
  for (const [i, word] of words.entries()) bytes.writeUInt32BE(word >>> 0, i * 4);
  return text.includes(':') ? bytes : bytes.subarray(12);
}
