import { OverlapLog } from './overlap-log.js';

/** Of a pcap stream, and of a record in it. */
const fileHeaderBytes = 24;
const recordHeaderBytes = 16;
/** All changes of gear together may hold so much: a second of a flood of small packets. Most hold nothing. */
const mostBytes = 32 << 20;

/** What all held streams of the agent share. */
export class HoldBudget {
  #free: number;

  constructor(bytes = mostBytes) {
    this.#free = bytes;
  }

  /** @returns false: it is used up */
  take(bytes: number): boolean {
    this.#free -= bytes;
    return this.#free > 0;
  }

  giveBack(bytes: number): void {
    this.#free += bytes;
  }
}

/** What a tcpdump has written so far, kept until it is known which of its records count. */
export class HeldStream {
  /** Its records. */
  log = new OverlapLog();
  /** There is no room for more; what comes all the same is kept. */
  full = false;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(private readonly budget: HoldBudget) {}

  /** Keeps a copy. */
  push(chunk: Uint8Array): void {
    this.#chunks.push(Buffer.from(chunk));
    this.#bytes += chunk.length;
    this.log.push(chunk);
    this.full = !this.budget.take(chunk.length);
  }

  /** Hands on the file header and everything behind the first `records` records, and forgets it all. */
  release(records: number, deliver: (chunk: Uint8Array) => void): void {
    const chunks = this.#chunks;
    const skip = new RecordSkipper(records);
    this.drop();
    for (const chunk of chunks) for (const part of skip.push(chunk)) deliver(part);
  }

  /** Forgets it all. */
  drop(): void {
    this.budget.giveBack(this.#bytes);
    this.#chunks = [];
    this.#bytes = 0;
    this.log = new OverlapLog();
  }
}

/** Leaves the first records out of a pcap stream of this machine's tcpdump (little endian) in chunks of any size. */
class RecordSkipper {
  readonly #header = Buffer.alloc(recordHeaderBytes);
  #headerLength = 0;
  /** Bytes of the file header that are still to come, and of the record that is being left out. */
  #fileHeader = fileHeaderBytes;
  #body = 0;

  constructor(private records: number) {}

  push(chunk: Uint8Array): Uint8Array[] {
    const header = chunk.subarray(0, this.#fileHeader);
    this.#fileHeader -= header.length;
    const rest = chunk.subarray(header.length + this.#skip(chunk.subarray(header.length)));
    return [header, rest].filter((part) => part.length > 0);
  }

  /** @returns how many of the bytes belong to records that are left out */
  #skip(bytes: Uint8Array): number {
    let at = 0;
    while (this.records > 0 && at < bytes.length) {
      if (this.#headerLength < recordHeaderBytes) {
        const part = bytes.subarray(at, at + recordHeaderBytes - this.#headerLength);
        this.#header.set(part, this.#headerLength);
        this.#headerLength += part.length;
        at += part.length;
        if (this.#headerLength < recordHeaderBytes) break;
        this.#body = this.#header.readUInt32LE(8);
      }
      const part = Math.min(this.#body, bytes.length - at);
      this.#body -= part;
      at += part;
      if (this.#body > 0) break;
      this.#headerLength = 0;
      this.records--;
    }
    return at;
  }
}
