import type { CaptureTargetMessage, Clock } from '@snoopy/proto';
import { parseSelector } from '@snoopy/proto';
import { CaptureSession } from '../capture/capture-session.js';
import { CaptureAccount } from '../capture/capture-totals.js';
import type { SectionHeader } from '../capture/pcapng.js';
import type { Agents } from '../ingest/agents.js';
import type { PodEntry } from '../pods/pod-entry.js';
import { ToolSession } from '../tools/tool-session.js';
import type { JobSpec } from './job-spec.js';
import type { JobTotals } from './job-totals.js';
import { PrefixedLines } from './prefixed-lines.js';
import type { RunFile } from './run-file.js';

/** A pod of a run, for the status. */
export interface RunTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  readonly node: string;
  readonly state: 'Running' | 'Succeeded' | 'Failed';
  readonly packets: number;
  readonly bytes: number;
  readonly dropped: number;
  readonly exitCode: number;
  readonly error: string;
}

export interface JobRunParts {
  readonly spec: JobSpec;
  /** Unique for ever: of the job's uid and the time that it was due. */
  readonly id: string;
  readonly agents: Agents;
  /** The pods that the job is about now. */
  readonly pods: () => readonly PodEntry[];
  readonly clock: Clock;
  readonly file: RunFile;
  readonly header: SectionHeader;
  readonly totals: JobTotals;
}

/** One run of a job, under way. In no pod is anything started twice. */
export interface JobRun {
  readonly ended: boolean;
  /** Why it ended as it did, a sentence; empty: as it should. */
  readonly trouble: string;
  /** One sentence for people. */
  readonly summary: string;
  /** It had no duration of its own, and agents have ended it. */
  readonly endedByPolicy: boolean;
  targets(): RunTarget[];
  /** To be called a few times a second. */
  tick(): void;
  /** Ends it in good order. @param trouble why it is no success; empty: it is one */
  stop(trouble: string): void;
}

/** What agents say when their policy, and no asker, ends what they run. */
const BY_POLICY = /ends it after \d+ s \(--task-time\)$/;

/** Whom the policy ended did not fail in a run that nobody gave a duration. */
function isByPolicy({ endless }: JobSpec, error: string): boolean {
  return endless && BY_POLICY.test(error);
}

export function startRun(parts: JobRunParts): JobRun {
  return parts.spec.work.kind === 'capture' ? new CaptureRun(parts) : new ToolRun(parts);
}

class CaptureRun implements JobRun {
  trouble = '';
  summary = '';
  readonly #parts: JobRunParts;
  readonly #session: CaptureSession;
  readonly #started = new Set<string>();
  readonly #account: CaptureAccount;
  #targets: readonly CaptureTargetMessage[] = [];

  constructor(parts: JobRunParts) {
    this.#parts = parts;
    const { spec, clock, file, header, id } = parts;
    this.#account = new CaptureAccount(parts.totals.captures);
    const { capture } = spec.work as JobSpec['work'] & { kind: 'capture' };
    const captureSpec = {
      namespace: '',
      pods: [],
      selectorText: '',
      selector: parseSelector(''),
      interfaces: capture.interfaces,
      filter: capture.filter,
      snaplen: capture.snaplen,
      maxPackets: 0,
      maxBytes: spec.maxBytes,
      maxSeconds: spec.maxSeconds,
    };
    const output = {
      send: (response: Parameters<CaptureSession['output']['send']>[0]) => {
        const progress = response.progress ?? response.finished ?? response.started;
        if (progress) this.#targets = progress.targets ?? [];
        if (response.finished) this.summary = response.finished.summary ?? '';
        return response.pcapng ? file.write(response.pcapng as Buffer) : true;
      },
      end: () => {},
      fail: (error: Error) => {
        this.trouble ||= error.message;
      },
    };
    this.#session = new CaptureSession(captureSpec, this.#once(), clock, output, header, id, () => false);
    file.onDrain = () => this.#session.resume();
    file.onFailure = (why) => this.stop(why);
    this.#session.start();
  }

  get ended(): boolean {
    return this.#session.ended;
  }

  targets(): RunTarget[] {
    return this.#targets.map((target) => ({
      namespace: target.namespace ?? '',
      pod: target.pod ?? '',
      uid: target.podUid ?? '',
      node: target.node ?? '',
      state: this.#stateOf(target),
      packets: Number(target.packets ?? 0),
      bytes: Number(target.bytes ?? 0),
      dropped: droppedOf(target),
      exitCode: 0,
      error: target.error ?? '',
    }));
  }

  get endedByPolicy(): boolean {
    return this.#targets.some(({ error = '' }) => isByPolicy(this.#parts.spec, error));
  }

  #stateOf({ error = '', done = false }: CaptureTargetMessage): RunTarget['state'] {
    if (error !== '' && !isByPolicy(this.#parts.spec, error)) return 'Failed';
    return done ? 'Succeeded' : 'Running';
  }

  tick(): void {
    this.#session.tick();
    this.#session.account(this.#account);
    const all = this.#targets;
    if (all.length > 0 && all.every(({ done }) => done)) this.#session.stop('Every pod’s capture has ended.');
  }

  stop(trouble: string): void {
    this.trouble ||= trouble;
    this.#session.stop(trouble || 'It was stopped.');
  }

  /** The agents, but for pods in which this run was started before; each pod has limits of its own. */
  #once(): Agents {
    const { agents, spec, pods } = this.#parts;
    return {
      statuses: () => agents.statuses(),
      pods: () => pods().filter(({ uid }) => !this.#started.has(uid)),
      start: (agent, task, listener) => {
        const limits = { maxPackets: spec.maxPackets, maxBytes: spec.maxBytesPerPod };
        const bound = { ...task, capture: { ...task.capture, ...limits } };
        if (!agents.start(agent, bound, listener)) return false;
        for (const uid of task.podUids ?? []) this.#started.add(uid);
        return true;
      },
      stop: (agent, id) => agents.stop(agent, id),
      forget: (id) => agents.forget(id),
      clockOffsetUs: (agent) => agents.clockOffsetUs(agent),
    };
  }
}

function droppedOf(target: CaptureTargetMessage): number {
  const { kernelDropped = 0, agentDropped = 0, aggregatorDropped = 0 } = target;
  return Number(kernelDropped) + Number(agentDropped) + Number(aggregatorDropped);
}

class ToolRun implements JobRun {
  trouble = '';
  readonly #parts: JobRunParts;
  readonly #session: ToolSession;
  readonly #lines: PrefixedLines;
  #waiting: (() => void)[] = [];

  constructor(parts: JobRunParts) {
    this.#parts = parts;
    const { file } = parts;
    this.#lines = new PrefixedLines((line) => file.write(line));
    this.#session = new ToolSession(parts.agents, (pod, data, errors, done) => {
      parts.totals.toolBytes += data.length;
      if (this.#lines.push(pod, data, errors)) done();
      else this.#waiting.push(done);
    });
    file.onDrain = () => {
      for (const done of this.#waiting.splice(0)) done();
    };
    file.onFailure = (why) => this.stop(why);
    this.#startNew();
  }

  get ended(): boolean {
    return this.#session.ended;
  }

  get summary(): string {
    const all = [...this.#session.targets.values()];
    const failed = this.targets().filter(({ state }) => state === 'Failed').length;
    return `Ran in ${all.length} pods${failed > 0 ? `, failed in ${failed}` : ''}.`;
  }

  get endedByPolicy(): boolean {
    return [...this.#session.targets.values()].some(({ error }) => isByPolicy(this.#parts.spec, error));
  }

  targets(): RunTarget[] {
    return [...this.#session.targets.values()].map(({ pod, done, failed, bytes, exitCode, error }) => ({
      namespace: pod.namespace,
      pod: pod.name,
      uid: pod.uid,
      node: pod.node,
      state: !done ? 'Running' : failed && !isByPolicy(this.#parts.spec, error) ? 'Failed' : 'Succeeded',
      packets: 0,
      bytes,
      dropped: 0,
      exitCode,
      error,
    }));
  }

  tick(): void {
    if (this.#parts.spec.targets.followNewPods && !this.ended) this.#startNew();
    this.#session.tick(this.#parts.clock.monotonicMs());
    if (this.ended) this.#lines.flush();
  }

  stop(trouble: string): void {
    this.trouble ||= trouble;
    this.#session.stop(this.#parts.clock.monotonicMs());
  }

  #startNew(): void {
    const { spec, id, pods } = this.#parts;
    const { tool, args } = spec.work as JobSpec['work'] & { kind: 'run' };
    const { maxSeconds, maxBytesPerPod: maxBytes } = spec;
    const fresh = pods().filter(({ uid }) => !this.#session.targets.has(uid));
    if (fresh.length > 0) this.#session.start(fresh, { tool, args: [...args], maxSeconds, maxBytes }, id);
  }
}
