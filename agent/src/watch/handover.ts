/**
 * From one tcpdump to the next on the same interface, without losing or repeating a packet.
 *
 * Both see the same packets in the same order while both run. The old one has ended; its last record is the end of its
 * stream. The new one's stream is read up to the record that is the same packet, and goes on behind it. The kernel gives
 * each socket a time stamp of its own, so the same packet has two times, a few microseconds apart.
 *
 *   old  … p q r s|
 *   new      q r s|t u …       everything behind s is passed on
 *   new            |  t u …    it began behind s: everything is passed on
 *
 * Records are those of tcpdump --nano on this machine: little endian, nanoseconds.
 */
const fileHeader = 24;
const recordHeader = 16;
/** How far apart the two time stamps of one packet may be, microseconds; a machine that stalls in between makes it long. */
const windowUs = 200;
/** Bytes that may wait for the decision; more come only from a flood, and then the decision is made with what is there. */
const mostHeld = 4 << 20;

/** What is known of the stream that has ended. */
export interface OldStream {
  /** Its last bytes, at least its last record. */
  readonly tail: Uint8Array;
  /** Time of its last record, microseconds since 1970; 0 if it had none. */
  readonly lastUs: number;
}

export class Handover {
  #held: Uint8Array = new Uint8Array(0);
  #done: boolean;

  /** @param deliver gets what is to be read of the new stream, its file header first */
  constructor(
    readonly old: OldStream,
    readonly deliver: (chunk: Uint8Array) => void,
  ) {
    this.#done = old.lastUs === 0;
  }

  /** Whether the new stream passes through by now. */
  get done(): boolean {
    return this.#done;
  }

  push(chunk: Uint8Array): void {
    if (this.#done) {
      this.deliver(chunk);
      return;
    }
    const held = new Uint8Array(this.#held.length + chunk.length);
    held.set(this.#held);
    held.set(chunk, this.#held.length);
    this.#held = held;
    this.#decide(held.length > mostHeld);
  }

  /** Decides with what is there; nothing happens while no record is. */
  expire(): void {
    if (!this.#done && this.#held.length > fileHeader) this.#decide(true);
  }

  #decide(now: boolean): void {
    const start = findStart(this.#held, this.old, now);
    if (start === undefined) return;
    const held = this.#held;
    this.#done = true;
    this.#held = new Uint8Array(0);
    this.deliver(held.subarray(0, fileHeader));
    if (start < held.length) this.deliver(held.subarray(start));
  }
}

/** Offset of the first record that the old stream did not have; undefined when more must be seen to know. */
function findStart(stream: Uint8Array, old: OldStream, now: boolean): number | undefined {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  let best: number | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  let firstLater: number | undefined;
  let at = fileHeader;
  while (at + recordHeader <= stream.length) {
    const length = view.getUint32(at + 8, true);
    const end = at + recordHeader + length;
    if (end > stream.length) break;
    const distance = view.getUint32(at, true) * 1e6 + view.getUint32(at + 4, true) / 1e3 - old.lastUs;
    if (distance > 0) firstLater ??= at;
    if (
      Math.abs(distance) < Math.min(windowUs, bestDistance) &&
      endsWith(old.tail, stream, at + 8, 8 + length)
    ) {
      best = end;
      bestDistance = Math.abs(distance);
    }
    if (distance > windowUs) return best ?? firstLater;
    at = end;
  }
  return now ? (best ?? firstLater ?? at) : undefined;
}

/** Whether `tail` ends with `length` bytes of the stream: a record without its time stamp. */
function endsWith(tail: Uint8Array, stream: Uint8Array, at: number, length: number): boolean {
  const offset = tail.length - length;
  if (offset < 0) return false;
  for (let i = 0; i < length; i++) if (stream[at + i] !== tail[offset + i]) return false;
  return true;
}
