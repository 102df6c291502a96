/**
 * Blocks of a pcapng file, little endian (draft-ietf-opsawg-pcapng, section 3).
 *
 *   +-------------+-------------+------------------------+-------------+
 *   | u32 type    | u32 length  | body, padded to 32 bit | u32 length  |
 *   +-------------+-------------+------------------------+-------------+
 *   option: u16 code, u16 length, value padded to 32 bit; the list ends with code 0, length 0
 *   packet: u32 interface, u32 time high, u32 time low, u32 captured, u32 original, frame, options
 *
 * Times count nanoseconds since 1970 (if_tsresol 9) and are passed as seconds and nanoseconds.
 */
import { write32 } from './little-endian.js';

const BlockType = { section: 0x0a0d0d0a, interface: 1, statistics: 5, packet: 6 } as const;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const OPTION_COMMENT = 1;
const PACKET_DROP_COUNT = 4;
/** Type, both lengths and the five fixed fields of an enhanced packet block. */
const PACKET_OVERHEAD = 32;
/** Longest text that goes into an option, bytes of UTF-8. */
const TEXT_BYTES = 1_024;

export interface SectionHeader {
  readonly hardware: string;
  readonly os: string;
  readonly application: string;
}

export interface InterfaceDescription {
  readonly linkType: number;
  readonly snaplen: number;
  readonly name: string;
  readonly description: string;
  /** The capture filter; empty: none. */
  readonly filter: string;
}

export interface InterfaceStatistics {
  readonly interfaceId: number;
  readonly start: Timestamp;
  readonly end: Timestamp;
  /** Packets that passed the filter, wherever they got to. */
  readonly received: number;
  /** Of those, the ones that are not in the file. */
  readonly dropped: number;
  /** Of those, the ones that the kernel dropped. */
  readonly droppedBySystem: number;
  readonly delivered: number;
  readonly comment: string;
}

export interface Timestamp {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** What is told about a packet beside its bytes. */
export interface PacketNote {
  /** Packets of the same interface dropped just before. */
  readonly dropped: number;
  readonly comment: string;
}

/** First block of a file; its length is open (-1), so that the file can be read while it grows. */
export function sectionHeader(header: SectionHeader): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt32LE(BYTE_ORDER_MAGIC, 0);
  body.writeUInt16LE(1, 4);
  body.writeUInt16LE(0, 6);
  body.writeInt32LE(-1, 8);
  body.writeInt32LE(-1, 12);
  return block(BlockType.section, body, [
    textOption(2, header.hardware),
    textOption(3, header.os),
    textOption(4, header.application),
  ]);
}

/** Announces an interface; interfaces are numbered from 0 in the order of their blocks. */
export function interfaceDescription(description: InterfaceDescription): Buffer {
  const body = Buffer.alloc(8);
  body.writeUInt16LE(description.linkType, 0);
  body.writeUInt32LE(description.snaplen, 4);
  const filter = Buffer.concat([Buffer.of(0), textBytes(description.filter)]);
  return block(BlockType.interface, body, [
    textOption(2, description.name),
    textOption(3, description.description),
    option(9, Buffer.of(9)),
    ...(description.filter === '' ? [] : [option(11, filter)]),
  ]);
}

/** Closes an interface with what was seen and what was lost. */
export function interfaceStatistics(statistics: InterfaceStatistics): Buffer {
  const body = Buffer.alloc(12);
  body.writeUInt32LE(statistics.interfaceId, 0);
  timestampBytes(statistics.end).copy(body, 4);
  return block(BlockType.statistics, body, [
    ...(statistics.comment === '' ? [] : [textOption(OPTION_COMMENT, statistics.comment)]),
    option(2, timestampBytes(statistics.start)),
    option(3, timestampBytes(statistics.end)),
    numberOption(4, statistics.received),
    numberOption(5, statistics.dropped),
    numberOption(6, statistics.received),
    numberOption(7, statistics.droppedBySystem),
    numberOption(8, statistics.delivered),
  ]);
}

/** Options of a packet that has something to tell. */
export function packetOptions(note: PacketNote): Buffer {
  const options = [textOption(OPTION_COMMENT, note.comment)];
  if (note.dropped > 0) options.push(numberOption(PACKET_DROP_COUNT, note.dropped));
  return Buffer.concat([...options, option(0, Buffer.alloc(0))]);
}

/** Length of a packet's block in the file. @param optionBytes length of `packetOptions`, 0 without */
export function packetLength(captured: number, optionBytes: number): number {
  return PACKET_OVERHEAD + padded(captured) + optionBytes;
}

/** Scratch for the two halves of a time stamp: high, low. */
const halves = new Uint32Array(2);

/**
 * Writes a packet's block at `at` and returns where the next one begins.
 * The frame is `source[offset, offset + captured)`; the caller has made sure that it fits.
 */
export function writePacket(
  target: Buffer,
  at: number,
  interfaceId: number,
  seconds: number,
  nanoseconds: number,
  original: number,
  source: Buffer,
  offset: number,
  captured: number,
  options: Buffer | undefined,
): number {
  const length = packetLength(captured, options?.length ?? 0);
  splitTime(seconds, nanoseconds);
  write32(target, at, BlockType.packet);
  write32(target, at + 4, length);
  write32(target, at + 8, interfaceId);
  write32(target, at + 12, halves[0]!);
  write32(target, at + 16, halves[1]!);
  write32(target, at + 20, captured);
  write32(target, at + 24, original);
  source.copy(target, at + 28, offset, offset + captured);
  target.fill(0, at + 28 + captured, at + 28 + padded(captured));
  options?.copy(target, at + 28 + padded(captured));
  write32(target, at + length - 4, length);
  return at + length;
}

/** seconds × 10⁹ + nanoseconds as two 32-bit halves, exactly: it is over 2^53. */
function splitTime(seconds: number, nanoseconds: number): void {
  const top = Math.floor(seconds / 65_536) * 1e9;
  const bottom = (seconds % 65_536) * 1e9 + nanoseconds;
  const low = (top % 65_536) * 65_536 + bottom;
  halves[0] = Math.floor(top / 65_536) + Math.floor(low / 2 ** 32);
  halves[1] = low % 2 ** 32;
}

function timestampBytes({ seconds, nanoseconds }: Timestamp): Buffer {
  splitTime(seconds, nanoseconds);
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(halves[0]!, 0);
  bytes.writeUInt32LE(halves[1]!, 4);
  return bytes;
}

function block(type: number, body: Buffer, options: readonly Buffer[]): Buffer {
  const end = option(0, Buffer.alloc(0));
  const length = 12 + body.length + options.reduce((sum, o) => sum + o.length, 0) + end.length;
  const head = Buffer.alloc(8);
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(length, 4);
  return Buffer.concat([head, body, ...options, end, head.subarray(4)]);
}

function option(code: number, value: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4 + padded(value.length));
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt16LE(value.length, 2);
  bytes.set(value, 4);
  return bytes;
}

function textOption(code: number, text: string): Buffer {
  return option(code, textBytes(text));
}

function numberOption(code: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return option(code, bytes);
}

/** UTF-8, cut between characters. */
function textBytes(whole: string): Buffer {
  let text = whole;
  let bytes = Buffer.from(text);
  while (bytes.length > TEXT_BYTES) {
    text = text.slice(0, Math.floor((text.length * TEXT_BYTES) / bytes.length));
    bytes = Buffer.from(text.replace(/[\ud800-\udbff]$/, ''));
  }
  return bytes;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}
