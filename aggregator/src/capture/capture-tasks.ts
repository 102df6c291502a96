import type { Agents, TaskListener } from '../ingest/agents.js';
import type { PodEntry } from '../pods/pod-entry.js';
import { type CaptureSpec, matchesPod } from './capture-spec.js';

/** Pods that one capture takes; each costs its node a tcpdump. */
const MOST_PODS = 500;

interface RunningTask {
  readonly agent: string;
  readonly pods: ReadonlyMap<string, PodEntry>;
}

/** Keeps a task running for every pod that matches (DESIGN, law 8): pods and agents may come later. */
export class CaptureTasks {
  /** Matching pods beyond the bound. */
  leftOut = 0;

  readonly #tasks = new Map<string, RunningTask>();
  /** Task of each pod that has, or had, one. */
  readonly #assigned = new Map<string, string>();
  #number = 0;

  /** @param prefix makes the tasks' ids unique */
  constructor(
    readonly agents: Agents,
    readonly spec: CaptureSpec,
    readonly prefix: string,
  ) {}

  /** Matching pods that no task has taken yet. */
  missing(): PodEntry[] {
    const pods: PodEntry[] = [];
    for (const pod of this.agents.pods()) {
      if (!this.#assigned.has(pod.uid) && matchesPod(this.spec, pod)) pods.push(pod);
    }
    const room = Math.max(0, MOST_PODS - this.#assigned.size);
    this.leftOut = Math.max(0, pods.length - room);
    return pods.slice(0, room);
  }

  /** Starts what is missing, one task for each agent. Returns the pods that a task now has. */
  start(listener: TaskListener, secondsLeft: number): PodEntry[] {
    const started: PodEntry[] = [];
    for (const [agent, pods] of byNode(this.missing())) {
      const id = `${this.prefix}-${this.#number++}`;
      this.#tasks.set(id, { agent, pods: new Map(pods.map((pod) => [pod.uid, pod])) });
      if (!this.agents.start(agent, this.#task(id, pods, secondsLeft), listener)) {
        this.#tasks.delete(id);
        continue;
      }
      for (const pod of pods) this.#assigned.set(pod.uid, id);
      started.push(...pods);
    }
    return started;
  }

  /** The pod that an agent's message is about; undefined when that agent was never asked about it. */
  pod(agent: string, taskId: string, uid: string): PodEntry | undefined {
    const task = this.#tasks.get(taskId);
    return task?.agent === agent ? task.pods.get(uid) : undefined;
  }

  /** Pods of a task; none if it is not that agent's. */
  podsOf(agent: string, taskId: string): Iterable<PodEntry> {
    const task = this.#tasks.get(taskId);
    return task?.agent === agent ? task.pods.values() : [];
  }

  /** The agent's tasks are lost; their pods are missing again. Returns them. */
  gone(agent: string): PodEntry[] {
    const pods: PodEntry[] = [];
    for (const [id, task] of this.#tasks) {
      if (task.agent !== agent) continue;
      this.#tasks.delete(id);
      this.agents.forget(id);
      for (const pod of task.pods.values()) {
        this.#assigned.delete(pod.uid);
        pods.push(pod);
      }
    }
    return pods;
  }

  stop(): void {
    for (const [id, task] of this.#tasks) this.agents.stop(task.agent, id);
  }

  forget(): void {
    for (const id of this.#tasks.keys()) this.agents.forget(id);
    this.#tasks.clear();
  }

  #task(id: string, pods: readonly PodEntry[], secondsLeft: number) {
    const { filter, snaplen, interfaces, maxPackets } = this.spec;
    return {
      id,
      podUids: pods.map((pod) => pod.uid),
      capture: {
        filter,
        snaplen,
        interfaces: [...interfaces],
        maxPackets,
        // The file's bound is ours: no agent knows how many bytes the others send.
        maxBytes: 0,
        maxSeconds: Math.ceil(secondsLeft),
      },
    };
  }
}

function byNode(pods: readonly PodEntry[]): Map<string, PodEntry[]> {
  const nodes = new Map<string, PodEntry[]>();
  for (const pod of pods) {
    const here = nodes.get(pod.node);
    if (here) here.push(pod);
    else nodes.set(pod.node, [pod]);
  }
  return nodes;
}
