import type { Clock } from '@snoopy/proto';

/** Between two beats, milliseconds. What a connection's row may wait for in the kernel is the longer one. */
const restMs = 250;
const busyMs = 100;
/** After so long without anything to do, beats come slowly. */
const restAfterMs = 1_000;

interface Job {
  readonly everyMs: number;
  readonly work: (nowMs: number) => void;
  dueMs: number;
}

/**
 * One timer for everything that is done again and again: an idle process that wakes up has more to do for the waking
 * than for the work (about 0.1 ms of CPU each time), so that ten timers cost ten times as much as one.
 */
export class Heartbeat {
  /** Milliseconds until the next beat, as it was planned. */
  intervalMs = busyMs;
  readonly #jobs: Job[] = [];
  #timer: NodeJS.Timeout | undefined;
  #running = false;
  #busyMs = 0;

  constructor(private readonly clock: Clock) {}

  /** Nothing was to do lately. */
  get resting(): boolean {
    return this.intervalMs === restMs;
  }

  /** Does something at the first beat after each so many milliseconds; 0: at each beat. */
  every(everyMs: number, work: (nowMs: number) => void): void {
    this.#jobs.push({ everyMs, work, dueMs: this.clock.monotonicMs() + everyMs });
  }

  /** There was something to do, so more may come: the next beats are fast. */
  busy(): void {
    this.#busyMs = this.clock.monotonicMs();
  }

  start(): void {
    this.#running = true;
    this.busy();
    this.#plan();
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
  }

  #plan(): void {
    this.intervalMs = this.clock.monotonicMs() - this.#busyMs < restAfterMs ? busyMs : restMs;
    this.#timer = setTimeout(() => this.#beat(), this.intervalMs);
  }

  #beat(): void {
    const nowMs = this.clock.monotonicMs();
    for (const job of this.#jobs) {
      if (!this.#running) return;
      if (nowMs < job.dueMs) continue;
      job.dueMs = Math.max(job.dueMs + job.everyMs, nowMs);
      job.work(nowMs);
    }
    this.#plan();
  }
}
