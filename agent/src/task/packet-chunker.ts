import { PcapReader } from '../capture/pcap-reader.js';

/** Bytes of records in one chunk; a single record may be a few bytes longer. */
export const chunkBytes = 256 << 10;
const recordHeader = 16;

/** A run of whole records. */
export interface Chunk {
  readonly records: Buffer;
  readonly packets: number;
}

/**
 * Cuts a pcap stream (tcpdump --nano on this machine: little endian) into chunks of whole records, without its file
 * header.
 */
export class PacketChunker {
  readonly #reader = new PcapReader();
  readonly #scratch = Buffer.allocUnsafe(chunkBytes + recordHeader);
  readonly #emit: (chunk: Chunk) => void;
  #length = 0;
  #packets = 0;

  constructor(emit: (chunk: Chunk) => void) {
    this.#emit = emit;
  }

  /** LINKTYPE_ number; -1 before the file header was read. */
  get linkType(): number {
    return this.#reader.linkType;
  }

  get snaplen(): number {
    return this.#reader.snaplen;
  }

  /** Time of the last packet, microseconds since 1970; 0 before the first. */
  get lastUs(): number {
    return this.#reader.timeUs;
  }

  /** Why the stream cannot be read any further; empty while it can. */
  get problem(): string {
    return this.#reader.error === 0 ? '' : this.#reader.describeError();
  }

  /** Takes the next bytes; they may be reused when it returns. */
  push(bytes: Uint8Array): void {
    const reader = this.#reader;
    reader.feed(bytes);
    while (reader.next()) {
      const length = recordHeader + reader.captured;
      if (this.#length + length > chunkBytes && this.#length > 0) this.flush();
      const start = reader.view.byteOffset + reader.offset - recordHeader;
      this.#scratch.set(new Uint8Array(reader.view.buffer, start, length), this.#length);
      this.#length += length;
      this.#packets++;
    }
  }

  /** Emits what there is. */
  flush(): void {
    if (this.#packets === 0) return;
    const chunk = { records: Buffer.from(this.#scratch.subarray(0, this.#length)), packets: this.#packets };
    this.#length = 0;
    this.#packets = 0;
    this.#emit(chunk);
  }
}
