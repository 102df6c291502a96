/**
 * Writes protobuf (protobuf.dev, "Encoding") into one growing buffer. Absent values of proto3 (0, '', false) are
 * left out. The caller asks for room with `reserve`; the rest does not check.
 */
export class ProtoWriter {
  buffer: Buffer;
  length = 0;

  constructor(bytes: number) {
    this.buffer = Buffer.allocUnsafe(bytes);
  }

  /** A copy of what was written. */
  message(): Buffer {
    return Buffer.from(this.buffer.subarray(0, this.length));
  }

  /** Room for so many bytes more. */
  reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.length + bytes));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }

  /** A whole number from 0 to 2^53 - 1. */
  varint(value: number): void {
    const { buffer } = this;
    let at = this.length;
    let rest = value;
    while (rest > 0x7fff_ffff) {
      buffer[at++] = (rest & 0x7f) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      buffer[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buffer[at++] = rest;
    this.length = at;
  }

  uint(field: number, value: number): void {
    if (value === 0) return;
    this.varint(field << 3);
    this.varint(value);
  }

  bool(field: number, value: boolean): void {
    if (value) this.uint(field, 1);
  }

  double(field: number, value: number): void {
    if (value === 0) return;
    this.varint((field << 3) | 1);
    this.length = this.buffer.writeDoubleLE(value, this.length);
  }

  /** At most 3 bytes are needed for each UTF-16 unit. */
  string(field: number, value: string): void {
    if (value === '') return;
    const mark = this.open(field);
    this.text(value);
    this.close(mark);
  }

  /** The characters alone, without tag and length. */
  text(value: string): void {
    this.length += this.buffer.write(value, this.length);
  }

  bytes(field: number, value: Uint8Array): void {
    this.varint((field << 3) | 2);
    this.varint(value.length);
    this.raw(value);
  }

  raw(value: Uint8Array): void {
    this.buffer.set(value, this.length);
    this.length += value.length;
  }

  /** Begins a message within the message; its length is written by `close`. */
  open(field: number): number {
    this.varint((field << 3) | 2);
    return this.length++;
  }

  /** Ends what `open` began; one that is longer than 127 bytes is moved to make room for its length. */
  close(mark: number): void {
    const size = this.length - mark - 1;
    if (size < 0x80) {
      this.buffer[mark] = size;
      return;
    }
    const extra = varintLength(size) - 1;
    this.buffer.copyWithin(mark + 1 + extra, mark + 1, this.length);
    this.length = mark;
    this.varint(size);
    this.length += size;
  }
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) length++;
  return length;
}
