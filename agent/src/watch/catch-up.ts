import type { Clock } from '@snoopy/proto';
import type { ToolTalk } from './tool-talk.js';

const pollMs = 10;
/** Questions about how far it has read come less and less often: its answers are lines, and lines are rationed. */
const mostPollMs = 160;

/** A tcpdump as far as it matters here. */
export interface Reading {
  readonly talk: ToolTalk;
  /** Time of the last packet that was read of it, microseconds since 1970. */
  readonly lastUs: number;
}

/** Waits for what a tcpdump does in its own time. */
export class CatchUp {
  readonly #deadlineMs: number;

  /**
   * @param patienceMs how long all of it may take
   * @param goesOn false ends the waiting
   */
  constructor(
    readonly tool: Reading,
    readonly clock: Clock,
    patienceMs: number,
    readonly goesOn: () => boolean,
  ) {
    this.#deadlineMs = clock.monotonicMs() + patienceMs;
  }

  /** Waits for the counters as they are now. False if they do not come. */
  async counters(): Promise<boolean> {
    if (!(await this.until(() => this.tool.talk.answered))) return false;
    this.tool.talk.ask();
    return this.until(() => this.tool.talk.answered);
  }

  /** Waits until it has read everything that came before a moment. False if it does not get there. */
  async past(fromUs: number): Promise<boolean> {
    const { counters } = this.tool.talk;
    for (let ms = pollMs; this.tool.lastUs <= fromUs; ms = Math.min(ms * 2, mostPollMs)) {
      if (!(await this.counters())) return false;
      if (counters.unread === 0) return true;
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
    return this.goesOn();
  }

  /** Waits until something holds. False if it does not in time. */
  async until(holds: () => boolean): Promise<boolean> {
    while (!holds()) {
      if (!this.goesOn() || this.clock.monotonicMs() > this.#deadlineMs) return false;
      await this.tool.talk.nextLine(pollMs);
    }
    return this.goesOn() && this.clock.monotonicMs() <= this.#deadlineMs;
  }
}
