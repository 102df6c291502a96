import type { Clock } from '@snoopy/proto';
import type { CaptureRun } from './capture-run.js';
import { CatchUp } from './catch-up.js';
import { type OverlapLog, windowUs } from './overlap-log.js';
import type { RunAccount } from './run-account.js';
import {
  type Answers,
  momentBetweenNeighbours,
  quietMoment,
  type TakeoverMoment,
} from './takeover-moment.js';

/** How long a change of gear may take, milliseconds. */
const patienceMs = 3_000;
/** Date.now() has whole milliseconds and so may be early by one. */
const clockGrainUs = 1_000;
/** How often a moment is looked for before the change is given up: each look is four lines of the tools' rations. */
const mostLooks = 10;
/** Records on both sides of the old one's answer are read within this time, milliseconds, or there are none. */
const neighboursMs = 600;

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
 *   1. what the old one reads is logged
 *   2. the new one starts; what it captures waits
 *   3. a moment is found from which the new one is complete and for which it is known exactly what the kernel had
 *      dropped of either (TakeoverMoment); the old one reads on until it is past it. Without such a moment the change is
 *      given up, and everything is as before
 *   4. the old one ends, the new one is read from where the old one stopped (Handover)
 */
export class GearChange {
  #log: OverlapLog | undefined;
  #moment: TakeoverMoment | undefined;

  /** @param goesOn whether the old run is still the one that counts */
  constructor(
    readonly old: Running,
    readonly clock: Clock,
    readonly goesOn: () => boolean,
  ) {}

  /** Steps 1 to 3. Undefined: it was given up. */
  async prepare(open: () => Promise<Running>): Promise<Running | undefined> {
    const { run, account } = this.old;
    account.freeze(run.counters.dropped);
    this.#log = run.startLog();
    let next: Running | undefined;
    try {
      next = await open();
      next.run.hold();
      this.#moment = await this.#find(next);
    } finally {
      if (!this.#moment) {
        run.stopLog();
        account.thaw();
        await next?.run.abandon();
      }
    }
    return this.#moment && next;
  }

  /** Step 4. */
  async complete(next: Running): Promise<void> {
    const { fromUs, newDropped } = this.#moment!;
    await this.old.run.stop();
    this.old.account.closeTakenOver();
    next.account.tookOver(next.run.takeOver(this.#log!, fromUs), newDropped);
  }

  async #find(next: Running): Promise<TakeoverMoment | undefined> {
    if (!(await next.run.talk.listening)) return undefined;
    const old = this.#waitFor(this.old.run, next.run);
    const fresh = this.#waitFor(next.run, next.run);
    for (let looks = 0; looks < mostLooks; looks++) {
      const answers = await this.#ask(old, fresh);
      if (!answers) return undefined;
      const moment = quietMoment(answers) ?? (await this.#between(answers, next.run));
      if (!moment) continue;
      this.old.account.freeze(moment.oldDropped);
      return (await old.past(moment.fromUs)) ? moment : undefined;
    }
    return undefined;
  }

  async #ask(old: CatchUp, fresh: CatchUp): Promise<Answers | undefined> {
    const { clock } = this;
    if (!(await old.counters()) || !(await fresh.counters())) return undefined;
    const before = { oldBefore: old.tool.talk.counters.answer, newBefore: fresh.tool.talk.counters.answer };
    const fromUs = clock.nowUs() + clockGrainUs;
    if (!(await old.until(() => clock.nowUs() > fromUs)) || !(await old.counters())) return undefined;
    const answer = old.tool.talk.counters.answer;
    const askedUs = clock.nowUs();
    if (!(await fresh.counters())) return undefined;
    return { ...before, fromUs, old: answer, askedUs, new: fresh.tool.talk.counters.answer };
  }

  async #between(answers: Answers, next: CaptureRun): Promise<TakeoverMoment | undefined> {
    const { run } = this.old;
    const log = this.#log!;
    const { held } = next;
    if (!held) return undefined;
    /** Number of the log's first record; known for good when a takeover of the old one's own is decided. */
    const first = (): number => run.position - log.length + 1;
    const wait = new CatchUp(run, this.clock, neighboursMs, this.goesOn);
    const there = (): boolean => {
      const after = answers.old.accepted + 1 - first(); // the first record after the answer, by index
      return log.length > after && held.lastUs > log.timeUs(after) + windowUs;
    };
    if (!(await wait.until(there))) return undefined;
    return momentBetweenNeighbours(answers, log, first(), held);
  }

  #waitFor(run: CaptureRun, next: CaptureRun): CatchUp {
    const goesOn = (): boolean => this.goesOn() && !next.full && !this.#log!.overflowed;
    return new CatchUp(run, this.clock, patienceMs, goesOn);
  }
}
