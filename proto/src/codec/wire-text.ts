import { Buffer } from 'node:buffer';
import { printable } from '../errors.js';
import { refuse } from './wire-reader.js';

const strict = new TextDecoder('utf-8', { fatal: true });

/**
 * A string of the wire that may be shown and compared.
 * @param most limit in bytes
 * @throws SnoopyError when it is longer, not UTF-8, or holds control or reordering characters
 */
export function wireText(bytes: Uint8Array, from: number, end: number, most: number, what: string): string {
  if (end - from > most) refuse(`${what} has ${end - from} bytes, the limit is ${most}`);
  let plain = true;
  for (let at = from; at < end; at++) if (bytes[at]! < 0x20 || bytes[at]! > 0x7e) plain = false;
  if (plain) return Buffer.from(bytes.buffer, bytes.byteOffset + from, end - from).toString('latin1');
  return unusualText(bytes.subarray(from, end), what);
}

function unusualText(bytes: Uint8Array, what: string): string {
  let text: string;
  try {
    text = strict.decode(bytes);
  } catch {
    return refuse(`${what} is not UTF-8`);
  }
  if (printable(text, text.length) !== text) refuse(`${what} holds control characters`);
  return text;
}
