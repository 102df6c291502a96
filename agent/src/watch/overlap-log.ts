import { PcapReader } from '../capture/pcap-reader.js';

/** An overlap that has more records is given up. */
const mostRecords = 1 << 18;
/**
 * How far apart the two time stamps of one packet may be, microseconds. One or two, as a rule; long when the machine
 * stalls in between. Of several packets with the same content the nearest is taken.
 */
export const windowUs = 20_000;

/**
 * The records of a pcap stream from some point on, each by its time and a hash of the rest of it: enough to find the
 * same packet in another tcpdump's stream.
 */
export class OverlapLog {
  length = 0;
  #timesUs = new Float64Array(1_024);
  #hashes = new Int32Array(1_024);
  readonly #reader = new PcapReader();

  /**
   * @param fileHeader the first 24 bytes of the stream, as far as they have been read
   * @param pending what has been read of a record that is not complete yet
   */
  constructor(fileHeader: Uint8Array = new Uint8Array(0), pending: Uint8Array = new Uint8Array(0)) {
    this.push(fileHeader);
    this.push(pending);
  }

  /** It has become too long. */
  get overflowed(): boolean {
    return this.length > mostRecords;
  }

  /** Time of the last record; 0 before the first. */
  get lastUs(): number {
    return this.length === 0 ? 0 : this.#timesUs[this.length - 1]!;
  }

  push(chunk: Uint8Array): void {
    const reader = this.#reader;
    reader.feed(chunk);
    while (reader.next()) {
      if (this.length === this.#hashes.length) this.#grow();
      this.#timesUs[this.length] = reader.timeUs;
      this.#hashes[this.length] = hashRecord(reader.view, reader.offset, reader.captured, reader.original);
      this.length++;
    }
  }

  timeUs(index: number): number {
    return this.#timesUs[index]!;
  }

  hash(index: number): number {
    return this.#hashes[index]!;
  }

  /**
   * The record from `start` on that is the same packet as another stream's: its hash, and the time within `windowUs`;
   * the nearest in time. -1 if there is none.
   */
  find(timeUs: number, hash: number, windowUs: number, start = 0): number {
    let best = -1;
    let bestUs = windowUs;
    for (let i = start; i < this.length; i++) {
      const distance = Math.abs(this.#timesUs[i]! - timeUs);
      if (distance > bestUs || this.#hashes[i] !== hash) continue;
      best = i;
      bestUs = distance;
    }
    return best;
  }

  #grow(): void {
    const times = new Float64Array(this.#timesUs.length * 2);
    times.set(this.#timesUs);
    this.#timesUs = times;
    const hashes = new Int32Array(this.#hashes.length * 2);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
  }
}

/** FNV-1a of 32 bits over the frame and its length on the wire. */
export function hashRecord(view: DataView, offset: number, captured: number, original: number): number {
  let hash = 0x811c9dc5 ^ original;
  const end = offset + captured;
  for (let at = offset; at < end; at++) hash = Math.imul(hash ^ view.getUint8(at), 0x01000193);
  return hash;
}
