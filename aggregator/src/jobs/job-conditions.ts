import { type Condition, type JobObject, type JobStatus, type RunStatus, timeText } from './job-object.js';

/** What a job is doing, in a word, and why, in a word and a sentence. */
export interface JobSummary {
  readonly state: 'Pending' | 'Scheduled' | 'Suspended' | 'Running' | 'Complete' | 'Failed';
  readonly reason: string;
  readonly message: string;
  /** The spec can be carried out. */
  readonly accepted: boolean;
}

const MOST_TARGETS = 200;

/** The conditions that follow from a summary; one keeps its time as long as it says the same. */
export function conditionsOf(job: JobObject, summary: JobSummary, nowMs: number): Condition[] {
  const { state, reason, message, accepted } = summary;
  const make = (type: string, isTrue: boolean): Condition => {
    const status = isTrue ? 'True' : 'False';
    const known = job.status.conditions?.find((one) => one.type === type);
    const since = known?.status === status ? known.lastTransitionTime : timeText(nowMs);
    return { type, status, reason, message, observedGeneration: job.generation, lastTransitionTime: since };
  };
  return [
    make('Accepted', accepted),
    make('Running', state === 'Running'),
    make('Complete', state === 'Complete'),
    make('Failed', state === 'Failed'),
  ];
}

/** The counts of the latest run. */
export function countsOf(run: RunStatus | undefined): Partial<JobStatus> {
  const targets = run?.targets ?? [];
  const count = (state: string): number => targets.filter((target) => target.state === state).length;
  const skipped = count('Skipped');
  const omitted = run?.targetsOmitted ?? 0;
  return {
    matched: targets.length + omitted,
    running: count('Running'),
    succeeded: count('Succeeded'),
    failed: count('Failed'),
    skipped,
  };
}

/** Targets within what a status has room for: those that need attention first. Only the latest run's are kept. */
export function boundRuns(runs: readonly RunStatus[]): RunStatus[] {
  return runs.map((run, index) => {
    const all = run.targets ?? [];
    const most = index === 0 ? MOST_TARGETS : 20;
    if (all.length <= most) return run;
    const order = ['Failed', 'Running', 'Skipped', 'Succeeded'];
    const sorted = [...all].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
    const targetsOmitted = (run.targetsOmitted ?? 0) + all.length - most;
    return { ...run, targets: sorted.slice(0, most), targetsOmitted };
  });
}
