import type { AgentStatusMessage, PacketChunk, TaskMessage, TaskReport } from '@snoopy/proto';
import type { PodEntry } from '../pods/pod-entry.js';

/** What a task's owner hears, from every agent that has a part in it. */
export interface TaskListener {
  /** Packets, in order for each pod and interface. Call `done` when they are taken: the agent's stream waits for it. */
  packets(agent: string, chunk: PacketChunk, done: () => void): void;
  report(agent: string, report: TaskReport): void;
  /** The agent's session ended; what ran there is lost. */
  gone(agent: string): void;
}

/** Port: the agents that are connected, and work for them. */
export interface Agents {
  statuses(): AgentStatusMessage[];
  /** Live pods of all agents, each with its node (= agent name). */
  pods(): Iterable<PodEntry>;
  /** Sends a task to an agent; false when it is not connected. */
  start(agent: string, task: TaskMessage, listener: TaskListener): boolean;
  /** Asks the agent to stop; its last report still comes. */
  stop(agent: string, taskId: string): void;
  /** No more interest: later chunks and reports are dropped. */
  forget(taskId: string): void;
  /** Clock offset of an agent, agent's clock minus ours, microseconds; 0 until known. */
  clockOffsetUs(agent: string): number;
}
