import type { HeldStream } from './held-stream.js';
import { type OverlapLog, windowUs } from './overlap-log.js';

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
/** Nothing more has come on so many occasions: then nothing that was written is still on its way. */
export const quietOccasions = 5;

export class Handover {
  /** Records of the new stream that were skipped, and how many of them since the new one is complete. */
  skipped = 0;
  skippedSince = 0;
  /** Records of the old stream since then. */
  readSince = 0;

  readonly #fromUs: number;
  readonly #old: OverlapLog;
  readonly #deliver: (chunk: Uint8Array) => void;
  /** The new stream so far, while nothing is decided. */
  readonly #held: HeldStream;
  #quiet = 0;
  #done = false;

  /**
   * @param old what was read of the old stream since before the new one began
   * @param held the new stream so far
   * @param fromUs since when the new one is complete, microseconds since 1970; the old one has read further
   * @param deliver gets what is to be read of the new stream, its file header first
   */
  constructor(old: OverlapLog, held: HeldStream, fromUs: number, deliver: (chunk: Uint8Array) => void) {
    this.#old = old;
    this.#held = held;
    this.#fromUs = fromUs;
    this.#deliver = deliver;
    this.#decideIfPast();
  }

  /** Whether the new stream passes through by now. */
  get done(): boolean {
    return this.#done;
  }

  push(chunk: Uint8Array): void {
    if (this.#done) {
      this.#deliver(chunk);
      return;
    }
    this.#quiet = 0;
    this.#held.push(chunk);
    this.#decideIfPast();
  }

  /** Before that the old one's last record may still come. */
  #decideIfPast(): void {
    if (this.#held.log.lastUs > this.#endUs) this.#decide();
  }

  get #endUs(): number {
    return this.#old.length === 0 ? this.#fromUs : Math.max(this.#fromUs, this.#old.lastUs + windowUs);
  }

  /** To be called a few times a second, after whatever was there has been pushed: decides when nothing more comes. */
  expire(): void {
    if (!this.#done && this.#held.log.length > 0 && ++this.#quiet > quietOccasions) this.#decide();
  }

  /** The new one has ended: nothing more comes. */
  finish(): void {
    if (!this.#done) this.#decide();
  }

  #decide(): void {
    const old = this.#old;
    const { log } = this.#held;
    const last = old.length - 1;
    const same = last < 0 ? -1 : log.find(old.timeUs(last), old.hash(last), windowUs);
    const from = countUntil(log, this.#fromUs);
    this.skipped = Math.max(from, same >= 0 ? same + 1 : countUntil(log, old.lastUs));
    this.skippedSince = this.skipped - from;
    this.readSince = old.length - this.#firstSince(old, log, from);
    this.#done = true;
    this.#held.release(this.skipped, this.#deliver);
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
