import type { Clock } from '@snoopy/proto';
import type { FlowBatcher } from './flow-batcher.js';
import type { FlowSender } from './flow-sender.js';

/** Rows that are due leave this often, milliseconds. */
const everyMs = 100;
/** Batches made in one go; then whatever else waits has its turn. */
const batchesAtOnce = 4;
/** A tick that comes so much later than due: the process stood still, and what arrived meanwhile is not read yet. */
const stallMs = 300;

/** What lets time pass in the flow table. */
export interface Passing {
  advance(nowUs: number): void;
}

/** Ten times a second: time passes in the flow table, rows that are due become batches, batches go out. */
export class FlowPump {
  #timer: NodeJS.Timeout | undefined;
  #lastMs = 0;

  constructor(
    readonly table: Passing,
    readonly batcher: FlowBatcher,
    readonly sender: FlowSender,
    readonly clock: Clock,
    /** Called before each round. */
    readonly before: () => void,
  ) {}

  start(): void {
    this.#lastMs = this.clock.monotonicMs();
    this.#timer = setInterval(() => this.#tick(), everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Makes batches of everything that is due. */
  drainAll(): void {
    while (this.batcher.drain(this.clock.nowUs())) {
      // the ring bounds what is kept
    }
    this.sender.pump();
  }

  #tick(): void {
    const nowMs = this.clock.monotonicMs();
    const stalled = nowMs - this.#lastMs > everyMs + stallMs;
    this.#lastMs = nowMs;
    // After a pause the packets come before the time: else answers that are here already would count as missing.
    if (stalled) return;
    this.before();
    this.table.advance(this.clock.nowUs());
    this.#drain();
  }

  #drain(): void {
    let more = true;
    for (let batch = 0; more && batch < batchesAtOnce; batch++) more = this.batcher.drain(this.clock.nowUs());
    this.sender.pump();
    // Losses do not wait for the next rows; with a ring full of unsent batches they do, for they would push one out.
    if (!more && !this.batcher.ring.hasNext) {
      this.batcher.tellLosses();
      this.sender.pump();
    }
    if (more && this.#timer) setImmediate(() => this.#timer && this.#drain());
  }
}
