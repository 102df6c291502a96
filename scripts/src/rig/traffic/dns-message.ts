import { isIPv4, isIPv6 } from 'node:net';

/*
 * As much of a DNS message (RFC 1035, section 4) as a small server and client need.
 *
 *   0  id            2  flags         4  questions     6  answers      8  authorities   10  additionals
 *  12  question: labels (length, bytes) … 0, type, class; then resource records
 */

export const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
export const TYPES: Record<string, number> = { A: 1, NS: 2, CNAME: 5, MX: 15, TXT: 16, AAAA: 28, SRV: 33 };

const HEADER_BYTES = 12;
const CLASS_IN = 1;
const FLAGS_QUERY = 0x0100; // recursion desired
const FLAGS_ANSWER = 0x8580; // response, authoritative, recursion desired and available
const POINTER_TO_QUESTION = 0xc000 | HEADER_BYTES;

export interface Question {
  readonly id: number;
  readonly name: string;
  readonly type: number;
  /** Offset behind the question. */
  readonly end: number;
}

export function encodeQuery(id: number, name: string, type: number): Buffer {
  const labels = name.split('.').filter(Boolean);
  const question = Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')])),
    Buffer.from([0, type >> 8, type & 255, 0, CLASS_IN]),
  ]);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(FLAGS_QUERY, 2);
  header.writeUInt16BE(1, 4);
  return Buffer.concat([header, question]);
}

/** Reads the one question of a message; throws on anything else. */
export function readQuestion(message: Buffer): Question {
  if (message.length < HEADER_BYTES || message.readUInt16BE(4) !== 1) throw new Error('not one question');
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = message[at]!; length > 0; length = message[at]!) {
    if (length > 63 || at + 1 + length >= message.length) throw new Error('bad label');
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const name = labels.join('.').toLowerCase();
  return { id: message.readUInt16BE(0), name, type: message.readUInt16BE(at + 1), end: at + 5 };
}

/** An answer with address records of the type that was asked. */
export function encodeAnswer(
  query: Buffer,
  question: Question,
  rcode: number,
  addresses: readonly string[],
): Buffer {
  const records = addresses.map((address) => {
    const bytes = addressBytes(address);
    const record = Buffer.alloc(12);
    record.writeUInt16BE(POINTER_TO_QUESTION, 0);
    record.writeUInt16BE(question.type, 2);
    record.writeUInt16BE(CLASS_IN, 4);
    record.writeUInt32BE(1, 6); // seconds to live
    record.writeUInt16BE(bytes.length, 10);
    return Buffer.concat([record, bytes]);
  });
  const head = Buffer.from(query.subarray(0, question.end));
  head.writeUInt16BE(FLAGS_ANSWER | rcode, 2);
  head.writeUInt16BE(records.length, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, ...records]);
}

export function readAnswer(message: Buffer): { id: number; rcode: string; answers: number } {
  const rcode = message[3]! & 15;
  return {
    id: message.readUInt16BE(0),
    rcode: RCODES[rcode] ?? String(rcode),
    answers: message.readUInt16BE(6),
  };
}

/** Whether an address can be given in an answer of that type. */
export function fits(address: string, type: number): boolean {
  return type === TYPES.A ? isIPv4(address) : type === TYPES.AAAA && isIPv6(address);
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string): number[] =>
    text
      .split(':')
      .filter(Boolean)
      .map((group) => Number.parseInt(group, 16));
  const front = groups(head);
  const back = groups(tail);
  const all = [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 255]));
}
