import { SnoopyError } from '../errors.js';
import { MAX_NUMBER } from './flow-batch-header.js';

/** A message that is not what it should be. Never thrown for anything but the input. */
export function refuse(why: string): never {
  throw new SnoopyError('BAD_INPUT', `The flow batch was refused: ${why}.`);
}

/**
 * A cursor over protobuf's wire format (protobuf.dev, "Encoding"). Every method refuses what is cut off, longer than
 * it must be, or over its limit, with a SnoopyError; none allocates by what the input says.
 */
export class WireReader {
  at = 0;
  end = 0;
  bytes: Uint8Array = new Uint8Array(0);

  reset(bytes: Uint8Array, from = 0, end = bytes.length): void {
    this.bytes = bytes;
    this.at = from;
    this.end = end;
  }

  /** Any number up to 2^53 - 1. */
  number(what: string): number {
    if (this.at < this.end && this.bytes[this.at]! < 128) return this.bytes[this.at++]!;
    return this.#longNumber(what);
  }

  #longNumber(what: string): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      if (this.at >= this.end) refuse(`it ends within ${what}`);
      const byte = this.bytes[this.at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value <= MAX_NUMBER ? value : refuse(`${what} is over 2^53 - 1`);
      scale *= 128;
    }
    return refuse(`${what} is over 2^53 - 1`);
  }

  /** The length of what follows; it must be there. */
  length(what: string): number {
    const length = this.number(what);
    if (length > this.end - this.at) refuse(`${what} is cut off`);
    return length;
  }

  /** Passes over a field that is not known. */
  skip(wireType: number): void {
    if (wireType === 0) this.number('an unknown field');
    else if (wireType === 1) this.#pass(8);
    else if (wireType === 2) this.#pass(this.length('an unknown field'));
    else if (wireType === 5) this.#pass(4);
    else refuse(`it has a field of the unknown wire type ${wireType}`);
  }

  #pass(count: number): void {
    if (count > this.end - this.at) refuse('an unknown field is cut off');
    this.at += count;
  }

  /** Exactly `count` packed 32-bit numbers, to the end of the column. */
  column32(out: Uint32Array, count: number, what: string): void {
    const { bytes, end } = this;
    let at = this.at;
    // Away from the end no byte needs a check of its own.
    const safe = end - 5;
    let i = 0;
    for (; i < count && at <= safe; i++) {
      let value = bytes[at++]!;
      if (value > 127) {
        let byte = bytes[at++]!;
        value = (value & 127) | ((byte & 127) << 7);
        if (byte > 127) {
          byte = bytes[at++]!;
          value |= (byte & 127) << 14;
          if (byte > 127) {
            byte = bytes[at++]!;
            value |= (byte & 127) << 21;
            if (byte > 127) {
              byte = bytes[at++]!;
              if (byte > 15) refuse(`${what} holds a number over 2^32 - 1`);
              value |= byte << 28;
            }
          }
        }
      }
      out[i] = value;
    }
    this.at = at;
    for (; i < count; i++) {
      if (this.at >= end) refuse(`${what} holds fewer than ${count} values`);
      const value = this.number(what);
      if (value > 0xffffffff) refuse(`${what} holds a number over 2^32 - 1`);
      out[i] = value;
    }
    if (this.at !== end) refuse(`${what} holds more than ${count} values`);
  }

  /** The same, the i-th number to `place[i]`. */
  placed32(out: Uint32Array, place: Uint16Array, count: number, what: string): void {
    const { bytes, end } = this;
    let at = this.at;
    // Away from the end no byte needs a check of its own.
    const safe = end - 5;
    let i = 0;
    for (; i < count && at <= safe; i++) {
      let value = bytes[at++]!;
      if (value > 127) {
        let byte = bytes[at++]!;
        value = (value & 127) | ((byte & 127) << 7);
        if (byte > 127) {
          byte = bytes[at++]!;
          value |= (byte & 127) << 14;
          if (byte > 127) {
            byte = bytes[at++]!;
            value |= (byte & 127) << 21;
            if (byte > 127) {
              byte = bytes[at++]!;
              if (byte > 15) refuse(`${what} holds a number over 2^32 - 1`);
              value |= byte << 28;
            }
          }
        }
      }
      out[place[i]!] = value;
    }
    this.at = at;
    for (; i < count; i++) {
      if (this.at >= end) refuse(`${what} holds fewer than ${count} values`);
      const value = this.number(what);
      if (value > 0xffffffff) refuse(`${what} holds a number over 2^32 - 1`);
      out[place[i]!] = value;
    }
    if (this.at !== end) refuse(`${what} holds more than ${count} values`);
  }

  /** Exactly `count` packed numbers up to 2^53 - 1. */
  column53(out: Float64Array, count: number, what: string): void {
    const { bytes, end } = this;
    let at = this.at;
    const safe = end - 4;
    let i = 0;
    for (; i < count && at <= safe; i++) {
      let value = bytes[at++]!;
      if (value > 127) {
        let byte = bytes[at++]!;
        value = (value & 127) | ((byte & 127) << 7);
        if (byte > 127) {
          byte = bytes[at++]!;
          value |= (byte & 127) << 14;
          if (byte > 127) {
            byte = bytes[at++]!;
            value |= (byte & 127) << 21;
            if (byte > 127) {
              this.at = at;
              value += this.#high(what);
              at = this.at;
            }
          }
        }
      }
      out[i] = value;
    }
    this.at = at;
    for (; i < count; i++) {
      if (this.at >= end) refuse(`${what} holds fewer than ${count} values`);
      out[i] = this.number(what);
    }
    if (this.at !== end) refuse(`${what} holds more than ${count} values`);
  }

  /** The same, the i-th number to `place[i]`. */
  placed53(out: Float64Array, place: Uint16Array, count: number, what: string): void {
    const { bytes, end } = this;
    let at = this.at;
    const safe = end - 4;
    let i = 0;
    for (; i < count && at <= safe; i++) {
      let value = bytes[at++]!;
      if (value > 127) {
        let byte = bytes[at++]!;
        value = (value & 127) | ((byte & 127) << 7);
        if (byte > 127) {
          byte = bytes[at++]!;
          value |= (byte & 127) << 14;
          if (byte > 127) {
            byte = bytes[at++]!;
            value |= (byte & 127) << 21;
            if (byte > 127) {
              this.at = at;
              value += this.#high(what);
              at = this.at;
            }
          }
        }
      }
      out[place[i]!] = value;
    }
    this.at = at;
    for (; i < count; i++) {
      if (this.at >= end) refuse(`${what} holds fewer than ${count} values`);
      out[place[i]!] = this.number(what);
    }
    if (this.at !== end) refuse(`${what} holds more than ${count} values`);
  }

  /** The fifth to eighth byte of a varint. */
  #high(what: string): number {
    let value = 0;
    for (let scale = 2 ** 28; scale < 2 ** 56; scale *= 128) {
      if (this.at >= this.end) refuse(`${what} is cut off`);
      const byte = this.bytes[this.at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value < 2 ** 53 ? value : refuse(`${what} holds a number over 2^53 - 1`);
    }
    return refuse(`${what} holds a number over 2^53 - 1`);
  }

  /** How many varints there are to the end. */
  countVarints(): number {
    let count = 0;
    for (let at = this.at; at < this.end; at++) if (this.bytes[at]! < 128) count++;
    return count;
  }
}
