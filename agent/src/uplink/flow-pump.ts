import type { Clock } from '@snoopy/proto';
import type { FlowBatcher } from './flow-batcher.js';
import type { FlowSender } from './flow-sender.js';

/** After so long whatever else waits has its turn; one batch more takes 1 to 2 ms. Milliseconds. */
const sliceMs = 3;
/** A beat that comes so much later than due: the process stood still, and what arrived meanwhile is not read yet. */
const stallMs = 300;

/** What lets time pass in the flow table. */
export interface Passing {
  advance(nowUs: number): void;
}

/** What the pump needs of the heartbeat. */
export interface Pace {
  readonly intervalMs: number;
  /** There was something to do. */
  busy(): void;
}

/** At each beat: time passes in the flow table, rows that are due become batches, batches go out. */
export class FlowPump {
  #running = false;
  #lastMs = 0;
  /** The beat before this one was left out. */
  #skipped = false;

  constructor(
    readonly table: Passing,
    readonly batcher: FlowBatcher,
    readonly sender: FlowSender,
    readonly clock: Clock,
    readonly pace: Pace,
    /** Called before each round. */
    readonly before: () => void,
  ) {}

  start(): void {
    this.#lastMs = this.clock.monotonicMs();
    this.#running = true;
  }

  stop(): void {
    this.#running = false;
  }

  /** Makes batches of everything that is due. */
  drainAll(): void {
    while (this.batcher.drain(this.clock.nowUs())) {
      // the ring bounds what is kept
    }
    this.sender.pump();
  }

  /** To be called at each beat. */
  beat(nowMs: number): void {
    if (!this.#running) return;
    const stalled = nowMs - this.#lastMs > this.pace.intervalMs + stallMs;
    this.#lastMs = nowMs;
    // After a pause the packets come before the time: else answers that are here already would count as missing. They
    // have come by the next beat, which counts even if it is late too: a machine may be slow for long.
    this.#skipped = stalled && !this.#skipped;
    if (this.#skipped) return;
    this.before();
    this.table.advance(this.clock.nowUs());
    const { sequence } = this.batcher;
    this.#drain();
    if (this.batcher.sequence > sequence) this.pace.busy();
  }

  #drain(): void {
    const endMs = this.clock.monotonicMs() + sliceMs;
    let more = true;
    while (more && this.clock.monotonicMs() < endMs) more = this.batcher.drain(this.clock.nowUs());
    this.sender.pump();
    // Losses do not wait for the next rows; with a ring full of unsent batches they do, for they would push one out.
    if (!more && !this.batcher.ring.hasNext) {
      this.batcher.tellLosses();
      this.sender.pump();
    }
    if (more) setImmediate(() => this.#running && this.#drain());
  }
}
