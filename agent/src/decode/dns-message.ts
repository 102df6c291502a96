/** Longest name that is kept, in bytes after escaping; the same as FlowLimits.nameBytes of the contract. */
const NAME_BYTES = 255;

/** Addresses of one answer that are kept. */
export const ANSWERED = 6;

/** DNS operation codes that matter here (RFC 1035). */
export const DnsOpcode = { query: 0 } as const;

/** What one DNS message says: one object, reused for every message, like `Decoded`. */
export class DnsMessage {
  id = 0;
  /** 1 for a response, 0 for a query. */
  isResponse = 0;
  opcode = 0;
  /** Response code with the upper bits of EDNS (RFC 6891), if its record was captured: 0 … 4095. */
  rcode = 0;
  /** 1: the answer did not fit and the client will ask again over TCP. */
  truncated = 0;
  /** Number of questions; without one, name and type are empty. Of several only the first is read. */
  questions = 0;
  answers = 0;
  qtype = 0;
  qclass = 0;

  /**
   * Name of the question: dotted, without the final dot ("." is the root), lower case; every byte but
   * letters, digits, - _ * and / escaped as \DDD, so that no control byte, quote or dot of a label passes.
   */
  readonly name = new Uint8Array(NAME_BYTES);
  nameLength = 0;
  /** 1 if the escaped name was longer than `name` and is cut. */
  nameCut = 0;
  /** FNV-1a over the name, signed, to look it up without making a string. */
  nameHash = 0;

  /** Addresses that it answers with, as far as they were captured: 4 words each, IPv4 as ::ffff:a.b.c.d. */
  readonly addresses = new Int32Array(ANSWERED * 4);
  addressCount = 0;

  /** DNS over TCP: bytes from the length prefix to the end of the message, captured or not. */
  streamBytes = 0;
}
