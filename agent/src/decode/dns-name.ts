import { DecodeError } from './decode-error.js';
import type { DnsMessage } from './dns-message.js';

/*
 * RFC 1035, section 4.1.4. A name is labels, each a length (0–63) and its bytes, until the length 0, or a
 * pointer: two bytes, the upper two bits set, the rest an offset into the message where an earlier name is.
 */
const POINTER = 0xc0;
const LONGEST = 255;

const DOT = 0x2e;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const HASH_START = 0x811c9dc5 | 0;
const HASH_PRIME = 0x01000193;

/** 1 for bytes that stand for themselves (upper case is lowered first). */
const PLAIN = plainBytes('abcdefghijklmnopqrstuvwxyz0123456789-_*/');

function plainBytes(text: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of text) table[character.charCodeAt(0)] = 1;
  return table;
}

/**
 * Reads the name of the first question into `out.name`. No name comes before it, so a pointer could only
 * lead into the header or forward: it is refused, and with it every loop.
 * @returns where the name ends, or a negated `DecodeError`
 */
export function readName(view: DataView, from: number, end: number, out: DnsMessage): number {
  let at = from;
  for (;;) {
    if (at >= end) return -DecodeError.dnsTruncated;
    const length = view.getUint8(at);
    if (length === 0) break;
    if (length >= POINTER) return -DecodeError.dnsPointer;
    if (length > 63) return -DecodeError.dnsLabel;
    // With the final 0 the name must not be longer than it may.
    if (at + length + 2 - from > LONGEST) return -DecodeError.dnsLabel;
    if (end - at <= length) return -DecodeError.dnsTruncated;
    appendLabel(view, at + 1, length, out);
    at += length + 1;
  }
  finishName(out);
  return at + 1;
}

/** Where the name at `from` ends in place, without following pointers; negative if it does not end. */
export function skipName(view: DataView, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const length = view.getUint8(at);
    if (length === 0) return at + 1;
    if (length >= POINTER) return at + 2;
    at += length + 1;
  }
  return -1;
}

function appendLabel(view: DataView, from: number, length: number, out: DnsMessage): void {
  if (out.nameLength > 0) append(out, DOT);
  for (let i = 0; i < length; i++) {
    let byte = view.getUint8(from + i);
    if (byte >= 0x41 && byte <= 0x5a) byte += 0x20;
    if (PLAIN[byte] === 1) append(out, byte);
    else appendEscaped(out, byte);
  }
}

/** \DDD, whole or not at all (RFC 1035, section 5.1). */
function appendEscaped(out: DnsMessage, byte: number): void {
  if (out.nameLength + 4 > out.name.length) {
    out.nameCut = 1;
    return;
  }
  append(out, BACKSLASH);
  append(out, ZERO + Math.floor(byte / 100));
  append(out, ZERO + (Math.floor(byte / 10) % 10));
  append(out, ZERO + (byte % 10));
}

function append(out: DnsMessage, byte: number): void {
  if (out.nameCut === 1) return;
  if (out.nameLength === out.name.length) {
    out.nameCut = 1;
    return;
  }
  out.name[out.nameLength++] = byte;
}

function finishName(out: DnsMessage): void {
  if (out.nameLength === 0) append(out, DOT);
  let hash = HASH_START;
  for (let i = 0; i < out.nameLength; i++) hash = Math.imul(hash ^ out.name[i]!, HASH_PRIME);
  out.nameHash = hash;
}
