import type { JobSpec } from './job-spec.js';

export type RunState = 'Running' | 'Complete' | 'Failed';

/** What the status says of a run, as far as it matters here. Milliseconds since 1970. */
export interface PlannedRun {
  /** Of the time it was due. */
  readonly id: string;
  readonly scheduledMs: number;
  readonly state: RunState;
  /** 0: not yet. */
  readonly endedMs: number;
}

export interface JobFacts {
  readonly spec: Pick<
    JobSpec,
    'cron' | 'suspend' | 'concurrency' | 'startingDeadlineS' | 'keepSuccessful' | 'keepFailed' | 'ttlS'
  >;
  readonly createdMs: number;
  /** All that the status tells of. */
  readonly runs: readonly PlannedRun[];
  /** When the last run was due, also of those that are forgotten; 0: there was none. */
  readonly lastMs: number;
  /** Ids of runs that are under way here. */
  readonly active: ReadonlySet<string>;
  readonly nowMs: number;
}

export interface JobPlan {
  /** Due, and to be started now. */
  readonly start: number | undefined;
  /** Ids of runs to be stopped because a new one takes their place. */
  readonly replace: readonly string[];
  /** Ids of runs that the status takes for running and nobody runs: something was killed. */
  readonly interrupted: readonly string[];
  /** Ids of runs whose record and file go. */
  readonly forget: readonly string[];
  /** It was due, and too late to be started: when it was due. */
  readonly missed: number | undefined;
  /** The whole job is to be deleted. */
  readonly remove: boolean;
  /** When there is something to do again, undefined: not by itself. */
  readonly nextMs: number | undefined;
}

/** Schedules that were missed while nobody was here are not made up for, but for the last; so many are looked through. */
const MOST_MISSED = 10_000;

/** What is to be done about a job now: a pure function of the whole state (DESIGN, law 8). */
export function planJob(facts: JobFacts): JobPlan {
  const { spec, runs, active, nowMs } = facts;
  const interrupted = runs
    .filter(({ id, state }) => state === 'Running' && !active.has(id))
    .map(({ id }) => id);
  const due = spec.suspend ? undefined : dueMs(facts);
  const isLate =
    due !== undefined && spec.startingDeadlineS !== undefined && nowMs - due > spec.startingDeadlineS * 1_000;
  const running = [...active];
  const waits = due !== undefined && spec.concurrency === 'Forbid' && running.length > 0;
  const start = due === undefined || isLate || waits ? undefined : due;
  const finished = runs.filter(({ state, id }) => state !== 'Running' || interrupted.includes(id));
  const ttlEnd = ttlEndMs(facts, running.length > 0 || start !== undefined);
  return {
    start,
    replace: start !== undefined && spec.concurrency === 'Replace' ? running : [],
    interrupted,
    forget: tooMany(finished, interrupted, spec),
    missed: isLate ? due : undefined,
    remove: ttlEnd !== undefined && nowMs >= ttlEnd,
    nextMs: earliest(spec.suspend ? undefined : spec.cron?.next(nowMs), ttlEnd),
  };
}

/** The latest time that is due and was not begun. */
function dueMs({ spec, createdMs, lastMs, nowMs }: JobFacts): number | undefined {
  if (!spec.cron) return lastMs > 0 ? undefined : createdMs;
  let due: number | undefined;
  let after = Math.max(lastMs, createdMs);
  for (let i = 0; i < MOST_MISSED; i++) {
    const next = spec.cron.next(after);
    if (next === undefined || next > nowMs) return due;
    due = next;
    after = next;
  }
  // So many were missed that they are not counted: go on from a little before now.
  return dueMs({ spec, createdMs, lastMs: nowMs - 86_400_000, nowMs, runs: [], active: new Set() });
}

/** A job that ran once goes so long after its end. */
function ttlEndMs({ spec, runs }: JobFacts, busy: boolean): number | undefined {
  if (spec.cron || spec.ttlS === undefined || busy || runs.length === 0) return undefined;
  const ends = runs.map(({ endedMs }) => endedMs);
  return ends.includes(0) ? undefined : Math.max(...ends) + spec.ttlS * 1_000;
}

/** Runs beyond the history's limits, the oldest first. A job without a schedule keeps what it has. */
function tooMany(
  finished: readonly PlannedRun[],
  interrupted: readonly string[],
  { cron, keepSuccessful, keepFailed }: JobFacts['spec'],
): string[] {
  if (!cron) return [];
  const latestFirst = [...finished].sort((a, b) => b.scheduledMs - a.scheduledMs);
  const failed = latestFirst.filter(({ id, state }) => state === 'Failed' || interrupted.includes(id));
  const complete = latestFirst.filter((run) => !failed.includes(run));
  return [...complete.slice(keepSuccessful), ...failed.slice(keepFailed)].map(({ id }) => id);
}

function earliest(...times: (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}
