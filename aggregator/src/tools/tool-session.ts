import { type PacketChunk, printable, type RunTaskMessage, type TaskReport } from '@snoopy/proto';
import type { Agents, TaskListener } from '../ingest/agents.js';
import type { PodEntry } from '../pods/pod-entry.js';

/** A tool in one pod. */
export interface ToolTarget {
  readonly pod: PodEntry;
  done: boolean;
  failed: boolean;
  exitCode: number;
  bytes: number;
  /** Why it did not run, or did not end by itself; empty otherwise. */
  error: string;
}

/** How long the last output may take after an agent said that a tool has ended, and agents to end what was stopped. */
const SETTLE_MS = 2_000;
const STOP_GRACE_MS = 5_000;

/** Runs one tool in many pods at once: one task for each agent. */
export class ToolSession implements TaskListener {
  readonly targets = new Map<string, ToolTarget>();
  readonly #agents: Agents;
  readonly #tasks = new Map<string, { readonly agent: string; readonly uids: readonly string[] }>();
  readonly #output: (pod: PodEntry, data: Buffer, errors: boolean, done: () => void) => void;
  /** Of whom only the end of the output has come, or only the report, and since when; NaN: the clock is not asked yet. */
  readonly #settling = new Map<string, number>();
  readonly #first = new Map<string, 'output' | 'report'>();
  #stopMs: number | undefined;

  /** @param output gets what tools write; it calls `done` when more may come */
  constructor(
    agents: Agents,
    output: (pod: PodEntry, data: Buffer, errors: boolean, done: () => void) => void,
  ) {
    this.#agents = agents;
    this.#output = output;
  }

  /** Starts the tool. @param id makes the tasks' ids unique */
  start(pods: readonly PodEntry[], run: RunTaskMessage, id: string): void {
    const nodes = new Map<string, PodEntry[]>();
    for (const pod of pods) nodes.set(pod.node, [...(nodes.get(pod.node) ?? []), pod]);
    let number = this.#tasks.size;
    for (const [agent, here] of nodes) {
      for (const pod of here)
        this.targets.set(pod.uid, { pod, done: false, failed: false, exitCode: 0, bytes: 0, error: '' });
      const task = { id: `${id}-${number++}`, podUids: here.map(({ uid }) => uid), run };
      this.#tasks.set(task.id, { agent, uids: task.podUids });
      if (this.#agents.start(agent, task, this)) continue;
      for (const { uid } of here) this.#end(uid, `no agent is connected on ${agent}`, true);
    }
  }

  get ended(): boolean {
    for (const { done } of this.targets.values()) if (!done) return false;
    return true;
  }

  /** Asks the tools to end; what they still write comes. */
  stop(nowMs: number): void {
    if (this.#stopMs !== undefined) return;
    this.#stopMs = nowMs;
    for (const [id, { agent }] of this.#tasks) this.#agents.stop(agent, id);
  }

  /** To be called a few times a second. */
  tick(nowMs: number): void {
    for (const [uid, since] of this.#settling) {
      if (Number.isNaN(since)) this.#settling.set(uid, nowMs);
      else if (nowMs - since >= SETTLE_MS) this.#end(uid, '');
    }
    if (this.#stopMs === undefined || nowMs - this.#stopMs < STOP_GRACE_MS) return;
    for (const [uid, { done }] of this.targets)
      if (!done) this.#end(uid, 'its agent did not end it in time', true);
  }

  /** No more interest: what still comes is dropped. */
  forget(): void {
    for (const id of this.#tasks.keys()) this.#agents.forget(id);
  }

  packets(_agent: string, chunk: PacketChunk, done: () => void): void {
    const target = this.targets.get(chunk.podUid);
    if (!target || target.done) {
      done();
      return;
    }
    if (!chunk.errors) target.bytes += chunk.output.length;
    if (chunk.output.length > 0) this.#output(target.pod, chunk.output, chunk.errors, done);
    else done();
    if (chunk.last) this.#half(chunk.podUid, 'output', chunk.error);
  }

  report(_agent: string, report: TaskReport): void {
    for (const one of report.targets) {
      const target = this.targets.get(one.podUid);
      if (!target || one.state === 'TASK_STATE_RUNNING') continue;
      target.exitCode = one.exitCode;
      target.failed ||= one.state === 'TASK_STATE_FAILED';
      if (one.error !== '') target.error ||= printable(one.error, 500);
      // What never ran sends no output either.
      if (target.failed && one.exitCode === 0 && one.bytes === 0) this.#end(one.podUid, '');
      else this.#half(one.podUid, 'report', '');
    }
  }

  gone(agent: string): void {
    for (const task of this.#tasks.values()) {
      if (task.agent !== agent) continue;
      for (const uid of task.uids) this.#end(uid, `the connection to the agent on ${agent} was lost`, true);
    }
  }

  /** The report and the end of the output come on streams of their own, in any order. */
  #half(uid: string, which: 'output' | 'report', error: string): void {
    const target = this.targets.get(uid)!;
    if (error !== '') target.error ||= printable(error, 500);
    if (target.done) return;
    const first = this.#first.get(uid);
    this.#first.set(uid, which);
    if (first !== undefined && first !== which) this.#end(uid, '');
    else if (!this.#settling.has(uid)) this.#settling.set(uid, Number.NaN);
  }

  #end(uid: string, error: string, failed?: boolean): void {
    this.#settling.delete(uid);
    const target = this.targets.get(uid);
    if (!target || target.done) return;
    target.done = true;
    if (error !== '') target.error ||= printable(error, 500);
    target.failed = failed ?? (target.failed || target.exitCode !== 0);
  }
}
