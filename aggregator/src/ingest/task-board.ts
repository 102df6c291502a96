import type { PacketChunk, TaskMessage, TaskReport } from '@snoopy/proto';
import type { TaskListener } from './agents.js';

interface Entry {
  readonly agent: string;
  readonly listener: TaskListener;
}

/** Who wants to hear about which task. A task may run on several agents. */
export class TaskBoard {
  readonly #tasks = new Map<string, Entry[]>();

  add(agent: string, task: TaskMessage, listener: TaskListener): void {
    const id = task.id ?? '';
    const entries = this.#tasks.get(id) ?? [];
    if (!entries.some((entry) => entry.agent === agent)) entries.push({ agent, listener });
    this.#tasks.set(id, entries);
  }

  forget(taskId: string): void {
    this.#tasks.delete(taskId);
  }

  report(agent: string, report: TaskReport): void {
    this.#find(agent, report.id)?.listener.report(agent, report);
  }

  /** What nobody wants is dropped at once. */
  packets(agent: string, chunk: PacketChunk, done: () => void): void {
    const entry = this.#find(agent, chunk.taskId);
    if (entry) entry.listener.packets(agent, chunk, done);
    else done();
  }

  /** The agent's session ended: each listener hears it once. */
  gone(agent: string): void {
    const listeners = new Set<TaskListener>();
    for (const [id, entries] of this.#tasks) {
      const left = entries.filter((entry) => entry.agent !== agent);
      if (left.length === entries.length) continue;
      for (const entry of entries) if (entry.agent === agent) listeners.add(entry.listener);
      if (left.length > 0) this.#tasks.set(id, left);
      else this.#tasks.delete(id);
    }
    for (const listener of listeners) listener.gone(agent);
  }

  #find(agent: string, taskId: string): Entry | undefined {
    return this.#tasks.get(taskId)?.find((entry) => entry.agent === agent);
  }
}
