import type { Clock } from '@snoopy/proto';
import type { CaptureRun } from './capture-run.js';
import { CatchUp } from './catch-up.js';
import type { OverlapLog } from './overlap-log.js';
import type { RunAccount } from './run-account.js';

/** How long a change of gear may take, milliseconds. */
const patienceMs = 3_000;
/** Date.now() has whole milliseconds and so may be early by one. */
const clockGrainUs = 1_000;

/** A tcpdump that runs, and its account. */
export interface Running {
  readonly run: CaptureRun;
  readonly account: RunAccount;
  readonly startedMs: number;
}

/**
 * One tcpdump takes over from another on the same interface while packets flow, and no packet is lost, repeated or
 * counted wrongly for it:
 *
 *   1. the old one's drops are asked for and what it reads is logged
 *   2. the new one starts; what it captures waits in the kernel
 *   3. the old one reads on until it is past the moment from which the new one is complete; if the kernel dropped
 *      anything meanwhile, nobody could tell on which side of that moment, and the change is given up
 *   4. the old one ends, the new one is read from where the old one stopped (Handover)
 */
export class GearChange {
  #log: OverlapLog | undefined;
  /** Since when the new one is complete. */
  #fromUs = 0;

  /** @param goesOn whether the old run is still the one that counts */
  constructor(
    readonly old: Running,
    readonly clock: Clock,
    readonly goesOn: () => boolean,
  ) {}

  /**
   * Steps 1 to 3. Undefined: it was given up, everything is as before.
   * @param insist goes on even if the kernel drops: packets go missing anyway, too many may be reported as lost then
   */
  async prepare(open: () => Promise<Running>, insist: boolean): Promise<Running | undefined> {
    const { run } = this.old;
    const wait = this.#waitFor(run);
    if (!(await wait.counters())) return undefined;
    const before = run.counters.dropped;
    this.#log = run.startLog();
    let next: Running | undefined;
    let good = false;
    try {
      next = await open();
      next.run.hold();
      good = await this.#ready(next, wait, before, insist);
    } finally {
      if (!good) {
        run.stopLog();
        this.old.account.thaw();
        await next?.run.abandon();
      }
    }
    return good ? next : undefined;
  }

  async #ready(next: Running, wait: CatchUp, before: number, insist: boolean): Promise<boolean> {
    if (!(await next.run.talk.listening)) return false;
    this.#fromUs = this.clock.nowUs() + clockGrainUs;
    if (!(await wait.counters()) || !(await this.#waitFor(next.run).counters())) return false;
    const { dropped } = this.old.run.counters;
    this.old.account.freeze(dropped);
    const sound = dropped === before && next.run.counters.dropped === 0;
    return (sound || insist) && (await wait.past(this.#fromUs)) && !this.#log?.overflowed;
  }

  /** Step 4. */
  async complete(next: Running): Promise<void> {
    await this.old.run.stop();
    this.old.account.closeTakenOver();
    next.account.tookOver(next.run.takeOver(this.#log, this.#fromUs));
  }

  #waitFor(run: CaptureRun): CatchUp {
    return new CatchUp(run, this.clock, patienceMs, this.goesOn);
  }
}
