import { SnoopyError } from '../errors.js';
import { MAX_NUMBER } from './flow-batch-header.js';

/** Longest varint of a number up to 2^53: 8 bytes. */
const LONGEST = 8;
const LENGTH_DELIMITED = 2;

/**
 * Protobuf's wire format (protobuf.dev, "Encoding") into one growing buffer. Numbers are doubles up to 2^53, never
 * BigInt: 64-bit varints are made of a low and a high half.
 */
export class WireWriter {
  #bytes = Buffer.allocUnsafeSlow(64 << 10);
  #at = 0;

  clear(): void {
    this.#at = 0;
  }

  /** A copy of what was written. */
  finish(): Buffer {
    const out = Buffer.allocUnsafeSlow(this.#at);
    this.#bytes.copy(out, 0, 0, this.#at);
    return out;
  }

  /** A scalar; 0 is not written, as proto3 does. */
  number(field: number, value: number): void {
    if (value === 0) return;
    this.#room(16);
    this.#varint(field << 3);
    this.#varint(value);
  }

  /** A string; the empty one is not written, as proto3 does. */
  text(field: number, value: string): void {
    if (value !== '') this.entry(field, value);
  }

  /** An entry of a repeated string, empty or not. */
  entry(field: number, value: string): void {
    const length = Buffer.byteLength(value);
    this.#head(field, length);
    this.#at += this.#bytes.write(value, this.#at);
  }

  /** A field of bytes. */
  blob(field: number, value: Uint8Array, length: number): void {
    if (length === 0) return;
    this.#head(field, length);
    this.#bytes.set(value.length === length ? value : value.subarray(0, length), this.#at);
    this.#at += length;
  }

  /** Begins a message within the message; `end` takes what this returns. */
  begin(field: number): number {
    this.#room(8);
    this.#varint((field << 3) | LENGTH_DELIMITED);
    return this.#at++;
  }

  end(start: number): void {
    this.#close(start, 1);
  }

  /** A packed column of 32-bit numbers. */
  column32(field: number, values: Uint32Array, count: number): void {
    if (count === 0) return;
    const { start, width } = this.#open(field, count * 5);
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = 0; i < count; i++) {
      let value = values[i]!;
      while (value > 127) {
        bytes[at++] = (value & 127) | 128;
        value >>>= 7;
      }
      bytes[at++] = value;
    }
    this.#at = at;
    this.#close(start, width);
  }

  /** A packed column of numbers up to 2^53. */
  column53(field: number, values: Float64Array, count: number): void {
    if (count === 0) return;
    const { start, width } = this.#open(field, count * LONGEST);
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = 0; i < count; i++) {
      let value = values[i]!;
      if (!(value >= 0 && value <= MAX_NUMBER)) outOfRange(field, value);
      for (; value > 0x7fffffff; value = Math.floor(value / 128)) bytes[at++] = (value % 128) | 128;
      let low = value | 0;
      for (; low > 127; low >>>= 7) bytes[at++] = (low & 127) | 128;
      bytes[at++] = low;
    }
    this.#at = at;
    this.#close(start, width);
  }

  /** A packed column of fixed32. */
  fixed32(field: number, values: Uint32Array, count: number): void {
    if (count === 0) return;
    this.#head(field, count * 4);
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = 0; i < count; i++) {
      const value = values[i]!;
      bytes[at] = value & 255;
      bytes[at + 1] = (value >>> 8) & 255;
      bytes[at + 2] = (value >>> 16) & 255;
      bytes[at + 3] = value >>> 24;
      at += 4;
    }
    this.#at = at;
  }

  /** Two bytes each, big endian. */
  ports(field: number, values: Uint32Array, count: number): void {
    if (count === 0) return;
    this.#head(field, count * 2);
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = 0; i < count; i++) {
      bytes[at++] = values[i]! >>> 8;
      bytes[at++] = values[i]! & 255;
    }
    this.#at = at;
  }

  #head(field: number, length: number): void {
    this.#room(length + 16);
    this.#varint((field << 3) | LENGTH_DELIMITED);
    this.#varint(length);
  }

  /** Leaves room for a length that is not known yet: as many bytes as the longest column would need. */
  #open(field: number, most: number): { start: number; width: number } {
    this.#room(most + 16);
    this.#varint((field << 3) | LENGTH_DELIMITED);
    const start = this.#at;
    const width = most < 128 ? 1 : 2;
    this.#at += width;
    return { start, width };
  }

  /** Writes the length of what began at `start`, after moving it if the length takes more or fewer bytes than were left. */
  #close(start: number, width: number): void {
    const length = this.#at - start - width;
    const needed = length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x20_0000 ? 3 : 4;
    if (needed !== width) {
      this.#room(needed);
      this.#bytes.copyWithin(start + needed, start + width, start + width + length);
    }
    this.#at = start;
    this.#varint(length);
    this.#at += length;
  }

  #varint(value: number): void {
    if (!(value >= 0 && value <= MAX_NUMBER)) outOfRange(0, value);
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) this.#bytes[this.#at++] = (rest % 128) | 128;
    this.#bytes[this.#at++] = rest;
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#at + bytes));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

function outOfRange(field: number, value: number): never {
  throw new SnoopyError(
    'BAD_INPUT',
    `Field ${field} of a message cannot hold ${value}: 0 to 2^53 - 1 can be sent.`,
  );
}
