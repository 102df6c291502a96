/**
 * Packets of one interface on their way into a capture: chunks of pcap records, first in, first out.
 *
 *   record: u32 seconds, u32 nanoseconds, u32 captured, u32 original, frame (little endian)
 *
 * What an agent sends is checked on arrival; a chunk is cut at its first bad record.
 */
import { read32 } from './little-endian.js';

const RECORD_HEADER = 16;
/** What a chunk costs besides its bytes. */
const CHUNK_OVERHEAD = 512;
/** Longest frame that tcpdump gives (MAXIMUM_SNAPLEN in libpcap's pcap-int.h). */
const LONGEST_FRAME = 262_144;

/** A checked chunk. */
export interface Chunk {
  readonly records: Buffer;
  /** Good bytes of `records`. */
  readonly end: number;
  readonly packets: number;
  /** Latest corrected time within, nanoseconds since the capture's base. */
  readonly latestNs: number;
  /** What it counts for in a bound. */
  readonly cost: number;
  /** Options for its first packet. */
  readonly note: Buffer | undefined;
}

/** Corrected time = the record's time − base − offset. */
export interface TimeBase {
  readonly baseSeconds: number;
  readonly offsetNs: number;
}

/** Walks a chunk's records once: counts, finds the latest time, stops at the first that cannot be. */
export function checkChunk(records: Buffer, time: TimeBase, note?: Buffer): Chunk {
  let at = 0;
  let packets = 0;
  let latestNs = Number.NEGATIVE_INFINITY;
  while (at + RECORD_HEADER <= records.length) {
    const nanoseconds = read32(records, at + 4);
    const captured = read32(records, at + 8);
    const next = at + RECORD_HEADER + captured;
    if (nanoseconds >= 1e9 || captured > LONGEST_FRAME || next > records.length) break;
    const ns = (read32(records, at) - time.baseSeconds) * 1e9 + nanoseconds - time.offsetNs;
    if (ns > latestNs) latestNs = ns;
    packets++;
    at = next;
  }
  return { records, end: at, packets, latestNs, cost: records.length + CHUNK_OVERHEAD, note };
}

/** The queue of one interface; the packet at its head is read through the public fields. */
export class PacketInput {
  /** No packet will come any more. */
  ended = false;
  /** Corrected time of the head; meaningless while `empty`. */
  headNs = 0;
  captured = 0;
  original = 0;
  /** Chunks that hold the head's frame, and where. */
  records: Buffer = Buffer.alloc(0);
  frame = 0;
  note: Buffer | undefined;

  #chunks: Chunk[] = [];
  #at = 0;

  /** @param id number of the input, breaks ties  @param time how its clock is read */
  constructor(
    readonly id: number,
    public time: TimeBase,
  ) {}

  get empty(): boolean {
    return this.#chunks.length === 0;
  }

  push(chunk: Chunk): void {
    if (chunk.packets === 0) return;
    this.#chunks.push(chunk);
    if (this.#chunks.length === 1) this.#enter(chunk);
  }

  /** Goes to the next packet; returns the chunk that this used up, if it did. */
  advance(): Chunk | undefined {
    const chunk = this.#chunks[0]!;
    this.#at = this.frame + this.captured;
    this.note = undefined;
    if (this.#at < chunk.end) {
      this.#readHead();
      return undefined;
    }
    this.#chunks.shift();
    if (this.#chunks.length > 0) this.#enter(this.#chunks[0]!);
    else this.records = Buffer.alloc(0);
    return chunk;
  }

  #enter(chunk: Chunk): void {
    this.records = chunk.records;
    this.note = chunk.note;
    this.#at = 0;
    this.#readHead();
  }

  #readHead(): void {
    const { records, time } = this;
    const at = this.#at;
    const seconds = read32(records, at);
    this.headNs = (seconds - time.baseSeconds) * 1e9 + read32(records, at + 4) - time.offsetNs;
    this.captured = read32(records, at + 8);
    this.original = read32(records, at + 12);
    this.frame = at + RECORD_HEADER;
  }
}
