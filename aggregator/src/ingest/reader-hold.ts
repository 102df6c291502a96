import type { Deliveries } from './deliveries.js';

/** Flows that readers may have before them, a quarter of what is kept for them (flow-ring.ts). */
const AHEAD = 16_384;
/** Longest wait for readers, and the share of time in which it is earned again. Milliseconds. */
const MOST_MS = 10_000;
const EARNED = 1 / 12;

/**
 * Lets readers keep up with a burst, such as what agents kept while no aggregator was there: the merge waits for those
 * who keep up. Only for a while: in the long run a slow reader holds up nobody and loses flows instead.
 */
export class ReaderHold {
  readonly #deliveries: Deliveries;
  #leftMs = MOST_MS;
  #lastMs: number;
  #waiting = false;

  constructor(deliveries: Deliveries, nowMs: number) {
    this.#deliveries = deliveries;
    this.#lastMs = nowMs;
  }

  /** Whether to wait now and ask again soon. */
  waits(nowMs: number): boolean {
    const passed = Math.max(0, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    this.#leftMs = this.#waiting ? this.#leftMs - passed : Math.min(MOST_MS, this.#leftMs + passed * EARNED);
    const behind = this.#deliveries.position() - this.#deliveries.flushedPosition();
    this.#waiting = behind > AHEAD && this.#leftMs > 0;
    return this.#waiting;
  }
}
