import type { AgentStatusMessage, TaskMessage } from '@snoopy/proto';
import type { Scope } from '../access/scope.js';
import type { PodEntry } from '../pods/pod-entry.js';
import type { Agents, TaskListener } from './agents.js';

/** The agents and pods that a caller may know of; the others are not there. */
export class VisibleAgents implements Agents {
  /** @param onNode whether pods on the network of their node are among them */
  constructor(
    readonly agents: Agents,
    readonly scope: Scope,
    readonly onNode: boolean,
  ) {}

  *pods(): Iterable<PodEntry> {
    for (const pod of this.agents.pods()) {
      if (this.scope.sees(pod.namespace) && (this.onNode || !pod.hostNetwork)) yield pod;
    }
  }

  /** Without the right to see everything: agents with pods that may be seen, without what they say of the node. */
  statuses(): AgentStatusMessage[] {
    const all = this.agents.statuses();
    if (this.scope.all) return all;
    return all
      .map((status) => ({
        ...status,
        pods: (status.pods ?? []).filter(({ namespace = '' }) => this.scope.sees(namespace)),
        report: null,
        recordsPerSecond: 0,
      }))
      .filter(({ pods }) => pods.length > 0);
  }

  start(agent: string, task: TaskMessage, listener: TaskListener): boolean {
    return this.agents.start(agent, task, listener);
  }

  stop(agent: string, taskId: string): void {
    this.agents.stop(agent, taskId);
  }

  forget(taskId: string): void {
    this.agents.forget(taskId);
  }

  clockOffsetUs(agent: string): number {
    return this.agents.clockOffsetUs(agent);
  }
}
