import { type Log, printable, type Task, type TaskReportMessage } from '@snoopy/proto';
import { RunningTask, type TaskTools } from './running-task.js';
import { isTaskId, taskLimits } from './task-limits.js';

/** Running tasks are reported this often, milliseconds. */
const reportMs = 1_000;

/** Tasks that the aggregator asked for. They end with the session that asked. */
export class TaskRunner {
  readonly #tools: TaskTools;
  readonly #log: Log;
  readonly #report: (report: TaskReportMessage) => void;
  readonly #running = new Map<string, RunningTask>();
  readonly #runs = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(tools: TaskTools, log: Log, report: (report: TaskReportMessage) => void) {
    this.#tools = tools;
    this.#log = log;
    this.#report = report;
  }

  get size(): number {
    return this.#running.size;
  }

  /** What is running, for the Hello. */
  reports(): TaskReportMessage[] {
    return [...this.#running.values()].map((task) => task.report());
  }

  /** Starts a task; one that runs already is left alone and reported again. What cannot be done is reported as failed. */
  start(task: Task): void {
    const { id } = task;
    if (!isTaskId(id)) {
      this.#log.warn({ task: printable(id, 40) }, 'a task without a usable id is ignored');
      return;
    }
    const same = this.#running.get(id);
    if (same) {
      this.#report(same.report());
      return;
    }
    if (this.#running.size >= taskLimits.tasks) {
      this.#refuse(task, `${taskLimits.tasks} tasks run on this node; try again when one has ended`);
      return;
    }
    this.#log.info({ task: id, pods: task.podUids.length }, 'task started');
    this.#run(id, new RunningTask(task, this.#tools, () => this.#tell(id)));
  }

  /** Ends a task; its last report still comes. */
  stop(id: string): void {
    this.#running.get(id)?.stop();
  }

  /** Ends all; resolves when nothing of them is left. */
  async stopAll(): Promise<void> {
    for (const task of this.#running.values()) task.stop();
    await Promise.all(this.#runs);
  }

  #run(id: string, task: RunningTask): void {
    this.#running.set(id, task);
    this.#timer ??= setInterval(() => this.#tick(), reportMs);
    const run = task.run().then(() => {
      this.#running.delete(id);
      this.#runs.delete(run);
      this.#report(task.report());
      this.#log.info({ task: id, state: task.state }, 'task ended');
      if (this.#running.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    });
    this.#runs.add(run);
  }

  #tell(id: string): void {
    const task = this.#running.get(id);
    if (task) this.#report(task.report());
  }

  #tick(): void {
    for (const task of this.#running.values()) {
      this.#report(task.report());
      task.askCounters();
    }
  }

  #refuse(task: Task, error: string): void {
    const targets = task.podUids
      .slice(0, taskLimits.pods)
      .map((podUid) => ({ podUid, state: 'TASK_STATE_FAILED' as const, error }));
    this.#report({ id: task.id, state: 'TASK_STATE_FAILED', targets });
  }
}
