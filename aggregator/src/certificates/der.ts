/*
 * DER (ITU-T X.690): every value is a tag, a length and its content.
 *
 *   +-----+--------------------------+-----------+
 *   | tag | length                   | content … |
 *   +-----+--------------------------+-----------+
 *           < 128: itself; else 0x80 | n, then n bytes, big endian
 *
 * Only what a certificate is made of.
 */

function value(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.of(tag, body.length), body]);
  const digits = bigEndian(body.length);
  return Buffer.concat([Buffer.of(tag, 0x80 | digits.length), digits, body]);
}

function bigEndian(number: number): Buffer {
  const digits: number[] = [];
  for (let rest = number; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return Buffer.from(digits);
}

export function sequence(...items: readonly Uint8Array[]): Buffer {
  return value(0x30, ...items);
}

export function set(...items: readonly Uint8Array[]): Buffer {
  return value(0x31, ...items);
}

export function boolean(yes: boolean): Buffer {
  return value(0x01, Buffer.of(yes ? 0xff : 0));
}

/** @param magnitude of a number that is not negative, big endian */
export function integer(magnitude: Uint8Array): Buffer {
  let start = 0;
  while (start < magnitude.length - 1 && magnitude[start] === 0) start++;
  const digits = magnitude.subarray(start);
  // The first bit is the sign.
  return (digits[0] ?? 0) >= 0x80 ? value(0x02, Buffer.of(0), digits) : value(0x02, digits);
}

/** @param unused bits of the last byte that mean nothing */
export function bitString(bytes: Uint8Array, unused = 0): Buffer {
  return value(0x03, Buffer.of(unused), bytes);
}

export function octetString(bytes: Uint8Array): Buffer {
  return value(0x04, bytes);
}

/** @param dotted `1.2.840.10045.4.3.2` */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return value(0x06, ...[first * 40 + second, ...rest].map(base128));
}

function base128(number: number): Buffer {
  const digits = [number % 128];
  for (let rest = Math.floor(number / 128); rest > 0; rest = Math.floor(rest / 128)) {
    digits.unshift(0x80 | (rest % 128));
  }
  return Buffer.from(digits);
}

export function utf8String(text: string): Buffer {
  return value(0x0c, Buffer.from(text));
}

/** To the second: UTCTime before 2050, GeneralizedTime from then on (RFC 5280, 4.1.2.5). */
export function time(moment: Date): Buffer {
  const text = `${moment.toISOString().replaceAll(/[-:T]|\.\d+/g, '')}`;
  return moment.getUTCFullYear() < 2050
    ? value(0x17, Buffer.from(text.slice(2)))
    : value(0x18, Buffer.from(text));
}

/** A value whose meaning its place gives: `[tag] EXPLICIT` around others. */
export function explicit(tag: number, ...items: readonly Uint8Array[]): Buffer {
  return value(0xa0 | tag, ...items);
}

/** `[tag] IMPLICIT` of a value without parts. */
export function implicit(tag: number, bytes: Uint8Array): Buffer {
  return value(0x80 | tag, bytes);
}
