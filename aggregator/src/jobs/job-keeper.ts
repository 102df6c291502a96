import type { Clock, Log } from '@snoopy/proto';
import type { SectionHeader } from '../capture/pcapng.js';
import { KubeError } from '../kubernetes/kube-api.js';
import type { JobCluster } from './job-cluster.js';
import { boundRuns, conditionsOf, countsOf, type JobSummary } from './job-conditions.js';
import {
  type JobObject,
  type JobStatus,
  type RunStatus,
  type TargetStatus,
  timeOf,
  timeText,
} from './job-object.js';
import { type JobPlan, planJob } from './job-plan.js';
import { isNear, nobody, reasonOf } from './job-reasons.js';
import { type JobRun, startRun } from './job-run.js';
import { type JobSpec, readJobSpec } from './job-spec.js';
import type { JobTotals } from './job-totals.js';
import type { JobWriter } from './job-writer.js';
import type { RunFile, RunFiles } from './run-file.js';

/** What has changed only in its numbers is written so often at most, milliseconds. */
const NUMBERS_MS = 5_000;
/** A write that failed is tried again after this. */
const RETRY_MS = 2_000;
/** A run that is due waits so long for agents to see the pods that there are. */
const SEEN_MS = 30_000;

export interface JobParts {
  readonly cluster: JobCluster;
  readonly writer: JobWriter;
  readonly files: RunFiles;
  readonly clock: Clock;
  readonly log: Log;
  readonly header: SectionHeader;
  readonly totals: JobTotals;
  /** Whether what a job names as collector is this aggregator, or allowed. */
  readonly isCollector: (collector: string, namespace: string) => boolean;
}

interface ActiveRun {
  readonly run: JobRun;
  readonly file: RunFile;
}

/** Carries out one SnoopyJob: reads, plans, starts and stops, and says what becomes of it. */
export class JobKeeper {
  readonly #parts: JobParts;
  readonly #active = new Map<string, ActiveRun>();
  /** What the status says by us, which the API may tell of a little later. */
  #runs: RunStatus[];
  #lastMs: number;
  #spec: JobSpec | undefined;
  #problem = '';
  #generation = -1;
  #written = '';
  #writtenState = '';
  #writtenMs = Number.NEGATIVE_INFINITY;
  #retryMs = 0;
  #busy = false;
  #missed = 0;
  #waiting = '';

  constructor(
    public job: JobObject,
    parts: JobParts,
  ) {
    this.#parts = parts;
    this.#runs = [...(job.status.runs ?? [])];
    this.#lastMs = Math.max(
      timeOf(job.status.lastScheduleTime),
      ...this.#runs.map((run) => timeOf(run.scheduledTime)),
      0,
    );
  }

  get runs(): readonly RunStatus[] {
    return this.#runs;
  }

  /** What it is doing, as of the last tick. */
  get summary(): JobSummary {
    return this.#summarise();
  }

  /** To be called a few times a second while we are the leader. Never throws. */
  async tick(): Promise<void> {
    for (const { run } of this.#active.values()) run.tick();
    if (this.#busy || this.#parts.clock.monotonicMs() < this.#retryMs) return;
    this.#busy = true;
    try {
      await this.#reconcile();
    } catch (error) {
      this.#retryMs = this.#parts.clock.monotonicMs() + RETRY_MS;
      if (!(error instanceof KubeError) || ![0, 404, 409].includes(error.status))
        this.#parts.log.warn({ job: this.#name, err: error }, 'a SnoopyJob could not be carried on');
    } finally {
      this.#busy = false;
    }
  }

  /** Ends what runs; nothing is written any more. @param removed the job is gone, and its files go */
  async end(why: string, removed: boolean): Promise<void> {
    for (const { run } of this.#active.values()) run.stop(why);
    for (let i = 0; i < 100 && [...this.#active.values()].some(({ run }) => !run.ended); i++) {
      for (const { run } of this.#active.values()) run.tick();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    for (const { file } of this.#active.values()) await file.end().catch(() => undefined);
    this.#parts.totals.running -= this.#active.size;
    this.#active.clear();
    if (removed) await this.#parts.files.removeAll(this.job.namespace, this.job.name).catch(() => undefined);
  }

  get #name(): string {
    return `${this.job.namespace}/${this.job.name}`;
  }

  get #nowMs(): number {
    return Math.floor(this.#parts.clock.nowUs() / 1_000);
  }

  async #reconcile(): Promise<void> {
    if (this.job.deleting) return;
    this.#read();
    for (const [id, active] of this.#active) if (active.run.ended) await this.#finish(id, active);
    if (this.#spec) await this.#carryOut(this.#spec, this.#plan(this.#spec));
    await this.#write(false);
  }

  #read(): void {
    if (this.#generation === this.job.generation) return;
    this.#generation = this.job.generation;
    try {
      this.#spec = readJobSpec(this.job.spec, this.job.namespace);
      this.#problem = '';
      const { collector } = this.#spec;
      if (collector !== '' && !this.#parts.isCollector(collector, this.job.namespace))
        throw new Error(
          `${collector} is no SnoopyDataEndpoint here and not among the collectors allowed (--job-collectors)`,
        );
    } catch (error) {
      this.#spec = undefined;
      this.#problem = (error as Error).message;
      this.#parts.writer.event(this.job, 'Warning', 'Invalid', this.#problem);
    }
  }

  #plan(spec: JobSpec): JobPlan {
    const runs = this.#runs.map(({ id, scheduledTime, state, completionTime }) => ({
      id,
      scheduledMs: timeOf(scheduledTime),
      state,
      endedMs: timeOf(completionTime),
    }));
    const active = new Set(this.#active.keys());
    return planJob({
      spec,
      createdMs: this.job.createdMs,
      runs,
      lastMs: this.#lastMs,
      active,
      nowMs: this.#nowMs,
    });
  }

  async #carryOut(spec: JobSpec, plan: JobPlan): Promise<void> {
    const { writer, files } = this.#parts;
    for (const id of plan.interrupted) await this.#interrupted(id);
    if (plan.missed !== undefined) {
      this.#lastMs = plan.missed;
      this.#missed++;
      this.#parts.totals.ends.missed++;
      writer.event(
        this.job,
        'Warning',
        'Missed',
        `The run of ${timeText(plan.missed)} was not begun in time.`,
      );
    }
    for (const id of plan.replace) this.#active.get(id)?.run.stop('replaced by a later run');
    for (const id of plan.forget) {
      this.#runs = this.#runs.filter((run) => run.id !== id);
      await files.remove(this.job.namespace, this.job.name, id).catch(() => undefined);
    }
    if (plan.start !== undefined) await this.#start(spec, plan.start);
    if (plan.remove) await writer.remove(this.job);
  }

  /** Something was killed in the middle of it: what it got so far is kept. */
  async #interrupted(id: string): Promise<void> {
    const { files, writer } = this.#parts;
    const found = await files.find(this.job.namespace, this.job.name, id).catch(() => undefined);
    const message = `The aggregator ended in the middle of it${found ? '; what came until then is kept' : ''}.`;
    const targets = this.#runs.find((run) => run.id === id)?.targets ?? [];
    this.#ended(id, {
      state: 'Failed',
      reason: 'Interrupted',
      message,
      ...(found ? { file: found.name } : {}),
      targets: targets.map((target) =>
        target.state === 'Running' ? { ...target, state: 'Failed' as const, error: 'interrupted' } : target,
      ),
    });
    writer.event(this.job, 'Warning', 'Interrupted', message);
  }

  /** The run is in the status before anything is started: whatever happens then, it is not started again. */
  async #start(spec: JobSpec, dueMs: number): Promise<void> {
    const { cluster, files, writer, clock, header, totals } = this.#parts;
    const found = cluster.find(spec.targets, this.job);
    const taken = cluster.entries(found);
    this.#waiting = taken.length > 0 ? '' : nobody(found);
    if (taken.length === 0 && (!spec.cron || (isNear(found) && this.#nowMs - dueMs < SEEN_MS))) return;
    const id = String(Math.floor(dueMs / 1_000));
    const now = timeText(this.#nowMs);
    const record: RunStatus = { id, scheduledTime: timeText(dueMs), startTime: now, state: 'Running' };
    this.#lastMs = dueMs;
    this.#runs = [record, ...this.#runs.filter((run) => run.id !== id)];
    if (taken.length === 0) {
      this.#ended(id, { state: 'Failed', reason: 'NoTargets', message: nobody(found) });
      writer.event(this.job, 'Warning', 'NoTargets', nobody(found));
      return;
    }
    try {
      await this.#write(true);
    } catch (error) {
      this.#runs = this.#runs.filter((run) => run !== record);
      this.#lastMs = 0;
      this.#resume();
      throw error;
    }
    const file = await files.open(
      this.job.namespace,
      this.job.name,
      id,
      spec.work.kind === 'capture' ? 'pcapng' : 'txt',
    );
    const pods = spec.targets.followNewPods
      ? () => cluster.entries(cluster.find(spec.targets, this.job))
      : () => taken;
    const run = startRun({
      spec,
      id: `job-${this.job.uid}-${id}`,
      agents: cluster.agents,
      pods,
      clock,
      file,
      header,
      totals,
    });
    totals.started++;
    totals.running++;
    this.#active.set(id, { run, file });
    writer.event(
      this.job,
      'Normal',
      'Started',
      `Started in ${taken.length} pods${spec.endless ? '; it has no duration, and ends when the agents’ policy says so' : ''}.`,
    );
  }

  /** After a write that failed, what the API says counts. */
  #resume(): void {
    const { lastScheduleTime, runs = [] } = this.job.status;
    this.#lastMs = Math.max(timeOf(lastScheduleTime), ...runs.map((run) => timeOf(run.scheduledTime)), 0);
  }

  async #finish(id: string, { run, file }: ActiveRun): Promise<void> {
    const { writer } = this.#parts;
    let trouble = run.trouble;
    await file.end().catch((error: Error) => {
      trouble ||= error.message;
    });
    const targets = this.#targetsOf(run);
    this.#active.delete(id);
    this.#parts.totals.running--;
    const failed = targets.filter((target) => target.state === 'Failed').length;
    const state = trouble !== '' || failed > 0 ? 'Failed' : 'Complete';
    const well = run.endedByPolicy ? 'EndedByPolicy' : 'Finished';
    const reason = trouble !== '' ? reasonOf(trouble) : failed > 0 ? 'TargetsFailed' : well;
    const message = trouble !== '' ? `${trouble}. ${run.summary}`.trim() : run.summary;
    const kept = file.bytes > 0 ? { file: file.name, fileBytes: file.bytes } : {};
    this.#ended(id, { state, reason, message, targets, ...kept });
    writer.event(this.job, state === 'Complete' ? 'Normal' : 'Warning', reason, message || 'It has ended.');
  }

  #targetsOf(run: JobRun): TargetStatus[] {
    const known = run.targets();
    const uids = new Set(known.map(({ uid }) => uid));
    const found = this.#spec ? this.#parts.cluster.find(this.#spec.targets, this.job) : [];
    const skipped = found.filter(({ pod, skipped: why }) => why !== '' && !uids.has(pod.runtimeUid));
    return [
      ...known.map(({ uid: _, ...target }) => target),
      ...skipped.map(({ pod, skipped: error }) => ({
        namespace: pod.namespace,
        pod: pod.name,
        node: pod.node,
        state: 'Skipped' as const,
        error,
      })),
    ];
  }

  /** What is told of a run at its end. */
  #ended(id: string, end: Pick<RunStatus, 'state' | 'reason' | 'message'> & Partial<RunStatus>): void {
    this.#parts.totals.end(end);
    this.#update(id, (run) => ({ ...run, ...end, completionTime: timeText(this.#nowMs) }));
  }

  #update(id: string, change: (run: RunStatus) => RunStatus): void {
    this.#runs = this.#runs.map((run) => (run.id === id ? change(run) : run));
  }

  #summarise(): JobSummary {
    if (this.#problem !== '')
      return { state: 'Failed', reason: 'Invalid', message: this.#problem, accepted: false };
    const [latest] = this.#runs;
    const accepted = true;
    if (latest?.state === 'Running')
      return {
        state: 'Running',
        reason: 'Running',
        message: `The run of ${latest.scheduledTime} is under way.`,
        accepted,
      };
    if (this.#spec?.suspend)
      return { state: 'Suspended', reason: 'Suspended', message: 'spec.suspend is set.', accepted };
    if (this.#spec?.cron) {
      const last = latest
        ? ` The last run: ${latest.state}${latest.reason ? `, ${latest.reason}` : ''}.`
        : '';
      const missed = this.#missed > 0 ? ` ${this.#missed} runs were missed.` : '';
      return {
        state: 'Scheduled',
        reason: 'Scheduled',
        message: `${this.#spec.schedule}.${last}${missed}`,
        accepted,
      };
    }
    if (latest)
      return { state: latest.state, reason: latest.reason ?? '', message: latest.message ?? '', accepted };
    const message = this.#waiting || 'It is about to start.';
    return { state: 'Pending', reason: this.#waiting === '' ? 'Starting' : 'NoTargets', message, accepted };
  }

  #status(): JobStatus {
    for (const [id, { run, file }] of this.#active) {
      const targets = this.#targetsOf(run);
      this.#update(id, (one) => ({ ...one, targets, file: file.name, fileBytes: file.bytes }));
    }
    const nowMs = this.#nowMs;
    const summary = this.#summarise();
    const next = this.#spec?.suspend ? undefined : this.#spec?.cron?.next(nowMs);
    return {
      observedGeneration: this.job.generation,
      state: summary.state,
      conditions: conditionsOf(this.job, summary, nowMs),
      ...countsOf(this.#runs[0]),
      ...(this.#lastMs > 0 ? { lastScheduleTime: timeText(this.#lastMs) } : {}),
      nextScheduleTime: next === undefined ? null : timeText(next),
      runs: boundRuns(this.#runs),
    };
  }

  /** @param first before anything is started: refused when the job was changed by somebody else */
  async #write(first: boolean): Promise<void> {
    const nowMs = this.#parts.clock.monotonicMs();
    const status = this.#status();
    const text = JSON.stringify(status);
    if (text === this.#written) return;
    const state = JSON.stringify([
      status.state,
      status.conditions,
      status.runs?.map(({ id, state: of, targets = [] }) => [
        id,
        of,
        targets.map((target) => [target.pod, target.state]),
      ]),
    ]);
    if (!first && state === this.#writtenState && nowMs - this.#writtenMs < NUMBERS_MS) return;
    await this.#parts.writer.status(this.job, status, first);
    this.#written = text;
    this.#writtenState = state;
    this.#writtenMs = nowMs;
  }
}
