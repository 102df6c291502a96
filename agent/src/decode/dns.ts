import { DecodeError } from './decode-error.js';
import { ANSWERED, type DnsMessage } from './dns-message.js';
import { readName, skipName } from './dns-name.js';

/*
 * RFC 1035, section 4
 *   0 identifier   2 flags: response (8000), opcode (7800), truncated (0200), response code (000f)
 *   4 questions    6 answers   8 authorities   10 additionals
 *  12 question: name, type, class;  records: name, type, class, TTL (4), length, data
 */
const HEADER = 12;
const RECORD_FIXED = 10;
const OPT = 41;
const A = 1;
const AAAA = 28;
const INTERNET = 1;
/** ::ffff:0:0/96 (RFC 4291, 2.5.5.2). */
const MAPPED = 0xffff;
/** Length prefix of DNS over TCP (RFC 7766). */
const PREFIX = 2;

/**
 * Reads one DNS message: header, first question, EDNS response code.
 * @param end where its captured bytes end; answers may be missing
 * @returns 0 or a `DecodeError`; then `out` holds nothing
 */
export function parseDns(view: DataView, at: number, end: number, out: DnsMessage): number {
  if (end - at < HEADER) return DecodeError.dnsTruncated;
  const flags = view.getUint16(at + 2);
  out.id = view.getUint16(at);
  out.isResponse = flags >>> 15;
  out.opcode = (flags >>> 11) & 15;
  out.truncated = (flags >>> 9) & 1;
  out.rcode = flags & 15;
  out.questions = view.getUint16(at + 4);
  out.answers = view.getUint16(at + 6);
  out.qtype = 0;
  out.qclass = 0;
  out.nameLength = 0;
  out.nameCut = 0;
  out.nameHash = 0;
  out.streamBytes = 0;
  out.addressCount = 0;
  let next = at + HEADER;
  if (out.questions > 0) {
    next = readName(view, next, end, out);
    if (next < 0) return -next;
    if (end - next < 4) return DecodeError.dnsTruncated;
    out.qtype = view.getUint16(next);
    out.qclass = view.getUint16(next + 2);
    next += 4;
  }
  if (out.isResponse === 1 && out.questions <= 1) {
    if (out.answers > 0) addAddresses(view, next, end, out);
    addExtendedCode(view, at, next, end, out);
  }
  return DecodeError.none;
}

/**
 * Reads the DNS message at the start of a TCP segment. A message that begins within a segment is found by
 * going on at `at + out.streamBytes`; one whose prefix or header is split over segments is `dnsSplit`.
 */
export function parseDnsOverTcp(view: DataView, at: number, end: number, out: DnsMessage): number {
  if (end - at < PREFIX + HEADER) return DecodeError.dnsSplit;
  const length = view.getUint16(at);
  if (length < HEADER) return DecodeError.dnsSplit;
  const from = at + PREFIX;
  const error = parseDns(view, from, Math.min(end, from + length), out);
  out.streamBytes = PREFIX + length;
  return error;
}

/** Looks for the OPT record among the additional ones; what is cut or odd is left alone. */
function addExtendedCode(view: DataView, at: number, from: number, end: number, out: DnsMessage): void {
  const additionals = view.getUint16(at + 10);
  if (additionals === 0) return;
  let before = out.answers + view.getUint16(at + 8);
  // Every record takes at least 11 bytes, so `end` bounds the loop whatever the counts say.
  for (let next = from, left = before + additionals; left > 0; left--) {
    next = skipName(view, next, end);
    if (next < 0 || end - next < RECORD_FIXED) return;
    if (before-- <= 0 && view.getUint16(next) === OPT) {
      out.rcode |= view.getUint8(next + 4) << 4;
      return;
    }
    next += RECORD_FIXED + view.getUint16(next + 8);
  }
}

/** Reads the addresses among the answers, whatever name an alias gives them; what is cut or odd is left alone. */
function addAddresses(view: DataView, from: number, end: number, out: DnsMessage): void {
  const { addresses } = out;
  for (let next = from, left = out.answers; left > 0 && out.addressCount < ANSWERED; left--) {
    next = skipName(view, next, end);
    if (next < 0 || end - next < RECORD_FIXED) return;
    const type = view.getUint16(next);
    const isInternet = view.getUint16(next + 2) === INTERNET;
    const length = view.getUint16(next + 8);
    next += RECORD_FIXED;
    if (end - next < length) return;
    const at = out.addressCount * 4;
    if (isInternet && type === A && length === 4) {
      addresses[at] = 0;
      addresses[at + 1] = 0;
      addresses[at + 2] = MAPPED;
      addresses[at + 3] = view.getInt32(next);
      out.addressCount++;
    } else if (isInternet && type === AAAA && length === 16) {
      for (let i = 0; i < 4; i++) addresses[at + i] = view.getInt32(next + i * 4);
      out.addressCount++;
    }
    next += length;
  }
}
