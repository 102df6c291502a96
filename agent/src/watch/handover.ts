import { OverlapLog } from './overlap-log.js';

/**
 * From one tcpdump to the next on the same interface, without losing or repeating a packet.
 *
 * Both see the same packets in the same order while both run. The old one has ended; what it read since before the new
 * one began is logged. The new one's stream is skipped up to the record that is the old one's last, and goes on behind
 * it. The kernel gives each socket a time stamp of its own, so the same packet has two times, a few microseconds apart.
 *
 *   old  … o p q r s|
 *   new      p q r s|t u …      p q r s are skipped
 *   new             |t u …      it began behind s: nothing is
 *
 * Each may have dropped packets that the other has. The new one is complete only from some moment on (while libpcap
 * installs its filter nothing passes, and nobody counts that). Since that moment it received `captured + dropped`
 * packets; what was handed on of them is what the old one `read` since then and what the new one captured without what
 * was skipped. So `dropped + skipped − read` are lost, exactly, whatever either dropped.
 */
const fileHeaderBytes = 24;
const recordHeaderBytes = 16;
/**
 * How far apart the two time stamps of one packet may be, microseconds. One or two, as a rule; long when the machine
 * stalls in between. Of several packets with the same content the nearest is taken.
 */
const windowUs = 20_000;
/** Bytes that may wait for the decision; more come only from a flood, and then it is made with what is there. */
const mostHeld = 4 << 20;

export class Handover {
  /** Records of the new stream that were skipped, and how many of them since the new one is complete. */
  skipped = 0;
  skippedSince = 0;
  /** Records of the old stream since then. */
  readSince = 0;

  readonly #fromUs: number;
  readonly #old: OverlapLog | undefined;
  readonly #deliver: (chunk: Uint8Array) => void;
  #held: Uint8Array = new Uint8Array(0);
  #done: boolean;

  /**
   * @param old undefined: nothing was read of the old stream
   * @param fromUs since when the new one is complete, microseconds since 1970; the old one has read further
   * @param deliver gets what is to be read of the new stream, its file header first
   */
  constructor(old: OverlapLog | undefined, fromUs: number, deliver: (chunk: Uint8Array) => void) {
    this.#old = old;
    this.#fromUs = fromUs;
    this.#deliver = deliver;
    this.#done = old === undefined || old.length === 0;
  }

  /** Whether the new stream passes through by now. */
  get done(): boolean {
    return this.#done;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    if (this.#done) {
      this.#deliver(chunk);
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
    if (!this.#done && this.#held.length > fileHeaderBytes) this.#decide(true);
  }

  #decide(now: boolean): void {
    const held = this.#held;
    const old = this.#old!;
    const last = old.length - 1;
    const header = held.subarray(0, fileHeaderBytes);
    const log = new OverlapLog(header, held.subarray(fileHeaderBytes));
    if (log.length === 0) return;
    const endUs = old.timeUs(last) + windowUs;
    if (!now && log.timeUs(log.length - 1) <= endUs) return; // the record may still come
    const same = log.find(old.timeUs(last), old.hash(last), windowUs);
    const from = countUntil(log, this.#fromUs);
    this.skipped = Math.max(from, same >= 0 ? same + 1 : countUntil(log, old.timeUs(last)));
    this.skippedSince = this.skipped - from;
    this.readSince = old.length - this.#firstSince(old, log, from);
    this.#done = true;
    this.#held = new Uint8Array(0);
    this.#deliver(header);
    const start = offsetOf(held, this.skipped);
    if (start < held.length) this.#deliver(held.subarray(start));
  }

  /** Index of the old stream's record that is the new one's first since it is complete, or of the first behind it. */
  #firstSince(old: OverlapLog, log: OverlapLog, from: number): number {
    const same = from < log.length ? old.find(log.timeUs(from), log.hash(from), windowUs) : -1;
    return same >= 0 ? same : countUntil(old, this.#fromUs);
  }
}

/** Records up to a time. */
function countUntil(log: OverlapLog, timeUs: number): number {
  let count = 0;
  while (count < log.length && log.timeUs(count) <= timeUs) count++;
  return count;
}

/** Where the record with this number begins (tcpdump's records on this machine: little endian). */
function offsetOf(stream: Uint8Array, number: number): number {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  let at = fileHeaderBytes;
  for (let i = 0; i < number; i++) at += recordHeaderBytes + view.getUint32(at + 8, true);
  return at;
}
