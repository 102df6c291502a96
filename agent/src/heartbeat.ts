import type { Clock } from '@snoopy/proto';
import type { Bell } from './watch/flow-engine.js';

/** Between two beats, milliseconds. What a connection's row may wait for in the kernel is the longer one. */
const restMs = 250;
const busyMs = 100;
/** After so long without anything to do, beats come slowly. */
const restAfterMs = 1_000;
/** With a bell, beats at rest come so long after each full second, when what is counted in windows is due; milliseconds. */
const afterSecondMs = 5;
/** So much earlier than due is not early: beats are never quite as far apart as they should be. Milliseconds. */
const earlyMs = 20;

interface Job {
  readonly everyMs: number;
  readonly work: (nowMs: number) => void;
  dueMs: number;
}

/**
 * One timer for everything that is done again and again: an idle process that wakes up has more to do for the waking
 * than for the work (about 0.3 ms of CPU each time), so that ten timers cost ten times as much as one. Where a bell
 * tells of what comes, beats at rest are rarer.
 */
export class Heartbeat {
  /** Milliseconds until the next beat, as it was planned. */
  intervalMs = busyMs;
  readonly #jobs: Job[] = [];
  #timer: NodeJS.Timeout | undefined;
  #running = false;
  #busyMs = 0;

  constructor(
    private readonly clock: Clock,
    private readonly bell?: Bell,
  ) {}

  /** Nothing was to do lately. */
  get resting(): boolean {
    return this.clock.monotonicMs() - this.#busyMs >= restAfterMs;
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
    this.bell?.end();
  }

  #plan(): void {
    if (this.bell && this.resting) {
      this.intervalMs = this.#untilSecond();
      const endMs = this.clock.monotonicMs() + this.intervalMs;
      this.bell.wait(this.intervalMs, () => this.#rung(endMs));
      return;
    }
    this.intervalMs = this.resting ? restMs : busyMs;
    this.#timer = setTimeout(() => this.#beat(), this.intervalMs);
  }

  #untilSecond(): number {
    const ms = 1_000 + afterSecondMs - (Math.floor(this.clock.nowUs() / 1_000) % 1_000);
    return ms < earlyMs ? ms + 1_000 : ms;
  }

  #rung(endMs: number): void {
    if (!this.#running) return;
    // Something came; should it not be taken, the bell would ring on and on.
    if (this.clock.monotonicMs() + earlyMs < endMs) this.busy();
    this.#beat();
  }

  #beat(): void {
    const nowMs = this.clock.monotonicMs();
    for (const job of this.#jobs) {
      if (!this.#running) return;
      if (nowMs + earlyMs < job.dueMs) continue;
      job.dueMs = Math.max(job.dueMs + job.everyMs, nowMs);
      job.work(nowMs);
    }
    this.#plan();
  }
}
