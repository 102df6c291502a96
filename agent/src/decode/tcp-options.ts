import type { Decoded } from './decoded.js';

/*
 * RFC 9293, section 3.2; each: 0 kind, 1 length with these two bytes, 2 value. Kinds 0 and 1 are one byte.
 */
const END = 0;
const NO_OPERATION = 1;
const MSS = 2;
const WINDOW_SCALE = 3;
const SACK_PERMITTED = 4;
const TIMESTAMPS = 8;
const TIMESTAMPS_LENGTH = 10;

/** NOP NOP TIMESTAMPS 10, as RFC 7323 (appendix A) proposes and everybody sends it. */
const PADDED_TIMESTAMPS = 0x0101080a;

/** FNV-1a. */
const HASH_START = 0x811c9dc5 | 0;
const HASH_PRIME = 0x01000193;

/** All options of a SYN; stops at the first that does not fit. */
export function synOptions(view: DataView, from: number, end: number, out: Decoded): void {
  out.tcpMss = 0;
  out.tcpWindowScale = -1;
  out.tcpSackPermitted = 0;
  let hash = HASH_START;
  let at = from;
  while (at < end) {
    const kind = view.getUint8(at);
    if (kind === END) break;
    hash = Math.imul(hash ^ kind, HASH_PRIME);
    if (kind === NO_OPERATION) {
      at++;
      continue;
    }
    const length = optionLength(view, at, end);
    if (length === 0) break;
    hash = Math.imul(hash ^ length, HASH_PRIME);
    readSynOption(view, at, kind, length, out);
    if (kind !== MSS && kind !== TIMESTAMPS) hash = hashValue(view, at, length, hash);
    at += length;
  }
  out.tcpOptionsHash = hash;
}

/** The timestamps of any other segment. */
export function timestamps(view: DataView, from: number, end: number, out: Decoded): void {
  if (end - from >= 12 && view.getInt32(from) === PADDED_TIMESTAMPS) {
    readTimestamps(view, from + 2, out);
    return;
  }
  let at = from;
  while (at < end) {
    const kind = view.getUint8(at);
    if (kind === END) return;
    const length = kind === NO_OPERATION ? 1 : optionLength(view, at, end);
    if (length === 0) return;
    if (kind === TIMESTAMPS && length === TIMESTAMPS_LENGTH) readTimestamps(view, at, out);
    at += length;
  }
}

/** 0 if the option does not fit before `end`. */
function optionLength(view: DataView, at: number, end: number): number {
  if (end - at < 2) return 0;
  const length = view.getUint8(at + 1);
  return length < 2 || length > end - at ? 0 : length;
}

function readSynOption(view: DataView, at: number, kind: number, length: number, out: Decoded): void {
  if (kind === MSS && length === 4) out.tcpMss = view.getUint16(at + 2);
  else if (kind === WINDOW_SCALE && length === 3) out.tcpWindowScale = view.getUint8(at + 2);
  else if (kind === SACK_PERMITTED && length === 2) out.tcpSackPermitted = 1;
  else if (kind === TIMESTAMPS && length === TIMESTAMPS_LENGTH) readTimestamps(view, at, out);
}

function readTimestamps(view: DataView, at: number, out: Decoded): void {
  out.tcpHasTimestamps = 1;
  out.tcpTsValue = view.getInt32(at + 2);
  out.tcpTsEcho = view.getInt32(at + 6);
}

function hashValue(view: DataView, at: number, length: number, start: number): number {
  let hash = start;
  for (let i = 2; i < length; i++) hash = Math.imul(hash ^ view.getUint8(at + i), HASH_PRIME);
  return hash;
}
