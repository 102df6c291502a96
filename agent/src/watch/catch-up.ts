import type { Clock } from '@snoopy/proto';
import type { CaptureRun } from './capture-run.js';

const pollMs = 10;

/** Waits for what a tcpdump does in its own time. */
export class CatchUp {
  readonly #deadlineMs: number;

  /**
   * @param patienceMs how long all of it may take
   * @param goesOn false ends the waiting
   */
  constructor(
    readonly run: CaptureRun,
    readonly clock: Clock,
    patienceMs: number,
    readonly goesOn: () => boolean,
  ) {
    this.#deadlineMs = clock.monotonicMs() + patienceMs;
  }

  /** Waits for the counters as they are now. False if they do not come. */
  async counters(): Promise<boolean> {
    if (!(await this.#until(() => this.run.answered))) return false;
    this.run.askCounters();
    return this.#until(() => this.run.answered);
  }

  /** Waits until it has read everything that came before a moment. False if it does not get there. */
  async past(fromUs: number): Promise<boolean> {
    const { counters, ingest } = this.run;
    while (ingest.lastUs <= fromUs) {
      if (!(await this.counters())) return false;
      if (counters.unread === 0) return true;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    return this.goesOn();
  }

  async #until(holds: () => boolean): Promise<boolean> {
    while (!holds()) {
      if (!this.goesOn() || this.clock.monotonicMs() > this.#deadlineMs) return false;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    return this.goesOn() && this.clock.monotonicMs() <= this.#deadlineMs;
  }
}
