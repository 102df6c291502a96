/**
 * The server name of a TLS ClientHello (RFC 8446, 4.1.2; RFC 6066, 3), in place.
 *
 *   record      u8 22, u16 version, u16 length
 *   handshake   u8 1, u24 length
 *   hello       u16 version, 32 random, u8 n + session, u16 n + ciphers, u8 n + compressions, u16 n + extensions
 *   extension   u16 type, u16 n + data; server_name is 0:  u16 n + list of { u8 0 = host name, u16 n + name }
 */
const RECORD_BYTES = 5;
const HANDSHAKE_BYTES = 4;
const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const VERSION_AND_RANDOM = 34;
const SERVER_NAME = 0;
const MOST_NAME = 255;

/** What findServerName() says. `more`: the bytes end before it is known. */
export const Hello = { found: 0, none: 1, more: 2 } as const;

/** Where the name is; one reused object. */
export class ServerName {
  at = 0;
  length = 0;
}

/**
 * Looks for the server name.
 *
 * @param at of the TLS record's first byte
 * @param end behind the last byte that is there
 * @returns `Hello`
 */
export function findServerName(view: DataView, at: number, end: number, into: ServerName): number {
  const hello = at + RECORD_BYTES + HANDSHAKE_BYTES;
  if (hello > end) return Hello.more;
  if (view.getUint8(at) !== HANDSHAKE_RECORD || view.getUint8(at + RECORD_BYTES) !== CLIENT_HELLO)
    return Hello.none;
  let next = skip8(view, hello + VERSION_AND_RANDOM, end);
  next = skip16(view, next, end);
  next = skip8(view, next, end);
  if (next + 2 > end) return Hello.more;
  const last = next + 2 + view.getUint16(next);
  return among(view, next + 2, Math.min(last, end), last > end, into);
}

/** @param cut whether there are more extensions than bytes */
function among(view: DataView, begin: number, end: number, cut: boolean, into: ServerName): number {
  let at = begin;
  while (at + 4 <= end) {
    const length = view.getUint16(at + 2);
    if (view.getUint16(at) === SERVER_NAME) return read(view, at + 4, at + 4 + length, end, into);
    at += 4 + length;
  }
  return cut ? Hello.more : Hello.none;
}

function read(view: DataView, at: number, last: number, end: number, into: ServerName): number {
  if (last > end) return Hello.more;
  if (at + 5 > last || view.getUint8(at + 2) !== 0) return Hello.none;
  const length = view.getUint16(at + 3);
  if (length === 0 || length > MOST_NAME || at + 5 + length > last) return Hello.none;
  into.at = at + 5;
  into.length = length;
  return Hello.found;
}

/** Behind a vector with a length of 8 bits; where that is not there, beyond the end. */
function skip8(view: DataView, at: number, end: number): number {
  return at + 1 > end ? end + 1 : at + 1 + view.getUint8(at);
}

function skip16(view: DataView, at: number, end: number): number {
  return at + 2 > end ? end + 1 : at + 2 + view.getUint16(at);
}
