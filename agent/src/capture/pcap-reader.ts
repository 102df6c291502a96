import { describePcapError, PcapError } from './pcap-error.js';

/*
 * draft-ietf-opsawg-pcap. The byte order is that of the machine that wrote the file.
 *
 *  file header                                 record header
 *   0 magic: a1b2c3d4 µs, a1b23c4d ns           0 seconds since 1970
 *   4 version 2, 6 version 4                    4 microseconds or nanoseconds
 *   8 two unused words                          8 bytes captured
 *  16 snap length                              12 bytes on the wire
 *  20 link type (low 16 bits)                  16 data
 */
const FILE_HEADER = 24;
const RECORD_HEADER = 16;
/** libpcap's MAXIMUM_SNAPLEN for all link types that we know. */
const MAX_CAPTURED = 262_144;
/** Records of header captures fit; a longer one grows the carry-over buffer once. */
const FIRST_CARRY = 1024;

/**
 * Reads a pcap stream in chunks of any size, as a cursor:
 *
 *     reader.feed(chunk);
 *     while (reader.next()) { out.timeUs = reader.timeUs; decodeFrame(reader.view, reader.offset, …, out); }
 *     if (reader.error !== 0) …
 *
 * A record that lies whole in the chunk is not copied; one that spans chunks is put together in a small
 * buffer. Until next() says false the chunk must stay as it is; afterwards it may be reused.
 */
export class PcapReader {
  /** LINKTYPE_ number; -1 before the file header was read. */
  linkType = -1;
  /** As the file says; 0 there means no limit. */
  snaplen = 0;
  /** Time stamps have nanoseconds. */
  nanoseconds = false;
  /** `PcapError`; once it is not 0 nothing more is read. */
  error: number = PcapError.none;
  /** Records read so far. */
  packets = 0;

  /** The current record: its bytes are view[offset … offset + captured), and nothing else of view belongs to it. */
  view: DataView = new DataView(new ArrayBuffer(0));
  offset = 0;
  captured = 0;
  /** Bytes on the wire, at least `captured`. */
  original = 0;
  /** Microseconds since 1970, whole. */
  timeUs = 0;

  #littleEndian = false;
  #limit = 0;
  #errorValue = 0;

  #chunk: Uint8Array = new Uint8Array(0);
  /** Over the whole buffer behind the chunk, so that one view serves a buffer that is read into again and again. */
  #chunkView = this.view;
  #position = 0;
  #end = 0;

  #carry = new Uint8Array(FIRST_CARRY);
  #carryView = new DataView(this.#carry.buffer);
  #carried = 0;

  /** Gives the next bytes of the stream; only when next() has said false. */
  feed(chunk: Uint8Array): void {
    if (this.error !== PcapError.none) return;
    if (this.#chunkView.buffer !== chunk.buffer) this.#chunkView = new DataView(chunk.buffer);
    this.#chunk = chunk;
    this.#position = chunk.byteOffset;
    this.#end = chunk.byteOffset + chunk.byteLength;
  }

  /** Goes to the next record; false when more bytes are needed or the stream is bad. */
  next(): boolean {
    if (this.#carried > 0 || this.linkType < 0) return this.#nextAcrossChunks();
    const at = this.#position;
    const there = this.#end - at - RECORD_HEADER;
    if (there < 0) return this.#stash();
    const captured = this.#chunkView.getUint32(at + 8, this.#littleEndian);
    if (captured > this.#limit) return this.#refuseLength(captured);
    if (captured > there) return this.#stash();
    this.#position = at + RECORD_HEADER + captured;
    return this.#open(this.#chunkView, at, captured);
  }

  /** Bytes of an unfinished record; not 0 at the stream's end means that it was cut. */
  get pendingBytes(): number {
    return this.#carried;
  }

  /** What `error` is about, as a sentence. */
  describeError(): string {
    const limit = this.error === PcapError.overLimit ? MAX_CAPTURED : this.snaplen;
    return describePcapError(this.error, this.#errorValue, limit);
  }

  #open(view: DataView, at: number, captured: number): true {
    const littleEndian = this.#littleEndian;
    const fraction = view.getUint32(at + 4, littleEndian);
    const us = this.nanoseconds ? (fraction / 1_000) >>> 0 : fraction; // by a constant: the division is a multiplication
    this.timeUs = view.getUint32(at, littleEndian) * 1e6 + us;
    // Signed, so that a length beyond any frame's is treated like one below `captured`: not believed.
    const original = view.getInt32(at + 12, littleEndian);
    this.view = view;
    this.offset = at + RECORD_HEADER;
    this.captured = captured;
    this.original = Math.max(original, captured);
    this.packets++;
    return true;
  }

  /** The file header, and records that began in an earlier chunk. */
  #nextAcrossChunks(): boolean {
    if (this.error !== PcapError.none) return false;
    if (this.linkType < 0) {
      if (!this.#fill(FILE_HEADER)) return false;
      if (!this.#readFileHeader()) return false;
      this.#carried = 0;
      return this.next();
    }
    if (!this.#fill(RECORD_HEADER)) return false;
    const captured = this.#carryView.getUint32(8, this.#littleEndian);
    if (captured > this.#limit) return this.#refuseLength(captured);
    if (!this.#fill(RECORD_HEADER + captured)) return false;
    this.#carried = 0;
    return this.#open(this.#carryView, 0, captured);
  }

  #readFileHeader(): boolean {
    const view = this.#carryView;
    const magic = view.getUint32(0);
    const little = magic === 0xd4c3b2a1 || magic === 0x4d3cb2a1;
    const big = magic === 0xa1b2c3d4 || magic === 0xa1b23c4d;
    if (magic === 0x0a0d0d0a) return this.#refuse(PcapError.pcapng, magic);
    if (!little && !big) return this.#refuse(PcapError.magic, magic);
    this.#littleEndian = little;
    const nanos = magic === 0x4d3cb2a1 || magic === 0xa1b23c4d;
    this.nanoseconds = nanos;
    const major = view.getUint16(4, this.#littleEndian);
    const minor = view.getUint16(6, this.#littleEndian);
    if (major !== 2 || minor !== 4) return this.#refuse(PcapError.version, (major << 16) | minor);
    this.snaplen = view.getUint32(16, this.#littleEndian);
    this.#limit = this.snaplen === 0 ? MAX_CAPTURED : Math.min(this.snaplen, MAX_CAPTURED);
    this.linkType = view.getUint32(20, this.#littleEndian) & 0xffff;
    return true;
  }

  #refuseLength(captured: number): false {
    return this.#refuse(captured > MAX_CAPTURED ? PcapError.overLimit : PcapError.overSnaplen, captured);
  }

  #refuse(error: number, value: number): false {
    this.error = error;
    this.#errorValue = value;
    this.#carried = 0;
    this.#position = this.#end;
    return false;
  }

  /** Keeps what is left of the chunk for the next one. */
  #stash(): false {
    this.#fill(RECORD_HEADER + this.#limit);
    return false;
  }

  /** Moves bytes from the chunk until `wanted` are in the carry-over buffer; false if the chunk has too few. */
  #fill(wanted: number): boolean {
    const missing = Math.min(wanted - this.#carried, this.#end - this.#position);
    if (missing > 0) {
      const needed = this.#carried + missing;
      if (needed > this.#carry.length) this.#growCarry(needed);
      const from = this.#position - this.#chunk.byteOffset;
      this.#carry.set(this.#chunk.subarray(from, from + missing), this.#carried);
      this.#carried = needed;
      this.#position += missing;
    }
    return this.#carried >= wanted;
  }

  #growCarry(needed: number): void {
    const larger = new Uint8Array(Math.min(needed * 2, RECORD_HEADER + MAX_CAPTURED));
    larger.set(this.#carry.subarray(0, this.#carried));
    this.#carry = larger;
    this.#carryView = new DataView(larger.buffer);
  }
}
