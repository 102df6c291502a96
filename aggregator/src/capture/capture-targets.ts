import type { TargetReport, TaskReport } from '@snoopy/proto';
import type { PodEntry } from '../pods/pod-entry.js';
import { CaptureTarget } from './capture-target.js';
import type { CaptureTasks } from './capture-tasks.js';
import type { PacketInput } from './packet-input.js';

/** Interfaces of one pod that a capture takes. */
const MOST_INTERFACES = 32;
/** How long the packets that an agent says it sent may take to come. */
const CATCH_UP_MS = 2_000;

/** The pods' interfaces of one capture. A pod whose interfaces nobody named yet has one target without a name. */
export class CaptureTargets {
  /** Targets by pod uid. */
  readonly #pods = new Map<string, CaptureTarget[]>();
  /** Targets that the agent ended, and since when we wait for their last packets. */
  readonly #ending = new Map<CaptureTarget, number>();

  /** @param open gives a new target the queue of its packets */
  constructor(
    readonly tasks: CaptureTasks,
    readonly open: (target: CaptureTarget) => PacketInput,
  ) {}

  all(): CaptureTarget[] {
    return [...this.#pods.values()].flat();
  }

  unfinished(): CaptureTarget[] {
    return this.all().filter((target) => !target.done);
  }

  /** A task begins, or begins again, for this pod. Returns its targets. */
  enlist(pod: PodEntry): readonly CaptureTarget[] {
    const known = this.#pods.get(pod.uid);
    if (!known) this.#pods.set(pod.uid, [new CaptureTarget(pod, '', this.open)]);
    else for (const target of known) target.restart();
    return known ?? [];
  }

  /** The target that an agent's message is about; undefined when it was never asked about it. */
  of(agent: string, taskId: string, uid: string, name: string): CaptureTarget | undefined {
    const pod = this.tasks.pod(agent, taskId, uid);
    if (!pod) return undefined;
    const targets = this.#pods.get(uid) ?? [];
    this.#pods.set(uid, targets);
    const known =
      targets.find((target) => target.name === name) ?? targets.find((target) => target.name === '');
    if (known) {
      if (name !== '') known.name = name;
      return known;
    }
    if (name === '') return targets[0];
    if (targets.length >= MOST_INTERFACES) return undefined;
    const target = new CaptureTarget(pod, name, this.open);
    targets.push(target);
    return target;
  }

  report(agent: string, report: TaskReport, nowMs: number): void {
    for (const entry of report.targets) this.#reportTarget(agent, report.id, entry, nowMs);
    if (!isOver(report.state)) return;
    for (const pod of this.tasks.podsOf(agent, report.id)) {
      for (const target of this.#pods.get(pod.uid) ?? []) {
        if (target.name === '') target.fail('the agent captured nothing there and did not say why');
        this.ending(target, nowMs);
      }
    }
  }

  /** The agent ended this target; its last packets may still be on their way. */
  ending(target: CaptureTarget, nowMs: number): void {
    if (!target.done && !this.#ending.has(target)) this.#ending.set(target, nowMs);
  }

  /** Hands over the targets whose last packet is here, or will not come. */
  settle(nowMs: number, finish: (target: CaptureTarget) => void): void {
    for (const [target, sinceMs] of this.#ending) {
      const missing = target.missing;
      if (missing > 0 && nowMs - sinceMs < CATCH_UP_MS) continue;
      if (missing > 0) {
        target.refuse(missing, `${missing} packets that the agent sent did not arrive`);
      }
      this.#ending.delete(target);
      finish(target);
    }
  }

  /** The agent's session ended: its targets that were not done. */
  gone(agent: string): CaptureTarget[] {
    const lost: CaptureTarget[] = [];
    for (const pod of this.tasks.gone(agent)) {
      for (const target of this.#pods.get(pod.uid) ?? []) {
        if (target.done) continue;
        this.#ending.delete(target);
        target.fail(`the connection to the agent on ${agent} was lost; packets are missing`);
        lost.push(target);
      }
    }
    return lost;
  }

  /** Why nothing can begin, when every target failed; undefined while there is hope. */
  refusal(): string | undefined {
    const targets = this.all();
    if (targets.length === 0 || targets.some((target) => target.error === '')) return undefined;
    const reasons = [
      ...new Set(targets.map((target) => (target.name === '' ? '' : `${target.title}: `) + target.error)),
    ];
    return reasons.length === 1 ? reasons[0] : `${reasons[0]} (and ${reasons.length - 1} other reasons)`;
  }

  #reportTarget(agent: string, taskId: string, report: TargetReport, nowMs: number): void {
    const target = this.of(agent, taskId, report.podUid, report.interface);
    if (!target || target.done) return;
    target.report(report);
    if (isOver(report.state)) this.ending(target, nowMs);
  }
}

function isOver(state: TaskReport['state']): boolean {
  return state === 'TASK_STATE_DONE' || state === 'TASK_STATE_FAILED';
}
