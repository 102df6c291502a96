import type {
  AgentStatusMessage,
  PacketChunk,
  TargetReport,
  TaskMessage,
  TaskStateName,
} from '@snoopy/proto';
import type { Agents, TaskListener } from '../../src/ingest/agents.js';
import type { PodEntry } from '../../src/pods/pod-entry.js';

/** A task that an agent was given. */
export class FakeTask {
  stopped = false;
  forgotten = false;
  #next = new Map<string, number>();

  constructor(
    readonly agent: string,
    readonly task: TaskMessage,
    readonly listener: TaskListener,
  ) {}

  get id(): string {
    return this.task.id!;
  }

  get uids(): readonly string[] {
    return this.task.podUids ?? [];
  }

  /** Sends packets as the agent would; resolves when they are taken. */
  send(uid: string, records: Buffer, packets: number, more: Partial<PacketChunk> = {}): Promise<void> {
    const interfaceName = more.interface ?? 'eth0';
    const key = `${uid} ${interfaceName}`;
    const firstPacket = more.firstPacket ?? this.#next.get(key) ?? 0;
    this.#next.set(key, firstPacket + packets);
    const chunk: PacketChunk = {
      taskId: this.id,
      podUid: uid,
      linkType: 1,
      snaplen: 262_144,
      records,
      packets,
      kernelDropped: 0,
      agentDropped: 0,
      last: false,
      error: '',
      output: Buffer.alloc(0),
      errors: false,
      ...more,
      firstPacket,
      interface: interfaceName,
    };
    return new Promise((resolve) => this.listener.packets(this.agent, chunk, resolve));
  }

  /** The interface's last chunk, empty. */
  last(uid: string, more: Partial<PacketChunk> = {}): void {
    void this.send(uid, Buffer.alloc(0), 0, { last: true, ...more });
  }

  report(state: TaskStateName, targets: readonly Partial<TargetReport>[] = []): void {
    const full = targets.map((target) => ({
      podUid: '',
      interface: '',
      state,
      error: '',
      packets: 0,
      bytes: 0,
      kernelDropped: 0,
      agentDropped: 0,
      exitCode: 0,
      ...target,
    }));
    this.listener.report(this.agent, { id: this.id, state, targets: full });
  }
}

/** Agents that do nothing by themselves. */
export class FakeAgents implements Agents {
  readonly tasks: FakeTask[] = [];
  readonly connected = new Set(['node-a', 'node-b']);
  readonly offsetsUs = new Map<string, number>();
  readonly errorsUs = new Map<string, number>();
  podList: PodEntry[] = [];
  /** Called with each new task. */
  onStart: (task: FakeTask) => void = () => {};

  statuses(): AgentStatusMessage[] {
    return [...this.connected].map((name) => ({
      name,
      connected: true,
      clockErrorSeconds: (this.errorsUs.get(name) ?? 0) / 1e6,
    }));
  }

  pods(): Iterable<PodEntry> {
    return this.podList.filter((pod) => this.connected.has(pod.node));
  }

  start(agent: string, task: TaskMessage, listener: TaskListener): boolean {
    if (!this.connected.has(agent)) return false;
    const started = new FakeTask(agent, task, listener);
    this.tasks.push(started);
    this.onStart(started);
    return true;
  }

  stop(agent: string, taskId: string): void {
    for (const task of this.tasks) if (task.id === taskId && task.agent === agent) task.stopped = true;
  }

  forget(taskId: string): void {
    for (const task of this.tasks) if (task.id === taskId) task.forgotten = true;
  }

  clockOffsetUs(agent: string): number {
    return this.offsetsUs.get(agent) ?? 0;
  }

  /** The agent's session ends. */
  lose(agent: string): void {
    this.connected.delete(agent);
    for (const listener of new Set(this.tasks.filter((t) => t.agent === agent).map((t) => t.listener))) {
      listener.gone(agent);
    }
  }
}

/** A pod `namespace/name@node` with the uid `uid-name`. */
export function pod(where: string, labels: Record<string, string> = {}, id = 0): PodEntry {
  const [, namespace, name, node] = /^(.*)\/(.*)@(.*)$/.exec(where)!;
  return {
    id,
    uid: `uid-${name}`,
    namespace: namespace!,
    name: name!,
    labels,
    ips: [],
    node: node!,
    workload: name!,
    watched: true,
  };
}
