import type {
  CaptureTask,
  Clock,
  RunTask,
  TargetReportMessage,
  Task,
  TaskReportMessage,
  TaskStateName,
} from '@snoopy/proto';
import type { PodInfo } from '../pods/pod-source.js';
import type { Podtracer } from '../podtracer/podtracer.js';
import type { Target } from '../podtracer/target.js';
import type { PacketSender } from '../uplink/packet-sender.js';
import type { RingBudget } from '../watch/ring-budget.js';
import { CaptureTarget } from './capture-target.js';
import { checkNamespace, type Policy, withinPolicy } from './policy.js';
import { checkTask } from './task-limits.js';
import { ToolTarget } from './tool-target.js';

/** What tasks need. */
export interface TaskTools {
  readonly podtracer: Podtracer;
  readonly rings: RingBudget;
  /** The ring of one watched interface, KiB: so much is left free for the flows. */
  readonly ringKiB: number;
  readonly packets: PacketSender;
  readonly hostNetwork: boolean;
  readonly policy: Policy;
  readonly clock: Clock;
  /** A pod of this node by its uid. */
  find(uid: string): PodInfo | undefined;
  /** Adds to a filter that Snoopy's own link is left out (DESIGN, law 10). */
  withoutOwnLink(filter: string): string;
}

/** Rings of captures, KiB: a small one holds 800 full frames, the kernel's blocks of 256 KiB make less pointless. */
const leastRingKiB = 1_024;
const mostRingKiB = 4_096;
/** What setTimeout holds. */
const longestTimer = 2 ** 31 - 1;

/** One task from its start to its last report. */
export class RunningTask {
  state: TaskStateName = 'TASK_STATE_RUNNING';

  readonly #task: Task;
  readonly #tools: TaskTools;
  readonly #changed: () => void;
  readonly #parts: (CaptureTarget | ToolTarget)[] = [];
  readonly #failures: TargetReportMessage[] = [];
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #overBytes = '';

  /** @param changed a report is worth sending */
  constructor(task: Task, tools: TaskTools, changed: () => void) {
    this.#task = task;
    this.#tools = tools;
    this.#changed = changed;
  }

  report(): TaskReportMessage {
    const targets = [...this.#failures, ...this.#parts.map((one) => one.report())];
    return { id: this.#task.id, state: this.state, targets };
  }

  /** Captures and tools that run. */
  get size(): number {
    return this.#parts.length;
  }

  /** Runs it to its end. Never rejects; what went wrong is in the reports. */
  async run(): Promise<void> {
    try {
      checkTask(this.#task);
      const { task, overTime, overBytes } = withinPolicy(this.#task, this.#tools.policy);
      const { capture, run } = task;
      this.#overBytes = overBytes;
      if (capture && capture.filter !== '') await this.#tools.podtracer.compileFilter(capture.filter);
      for (const uid of new Set(this.#task.podUids)) {
        if (this.#stop.signal.aborted) break;
        if (capture) await this.#enter(uid, (target) => this.#capture(uid, capture, target));
        else if (run) await this.#enter(uid, async (target) => this.#startTool(run, target));
      }
      this.#changed();
      const seconds = (capture ?? run)!.maxSeconds;
      if (seconds > 0)
        this.#timer = setTimeout(() => this.stop(overTime), Math.min(seconds * 1_000, longestTimer));
      await Promise.all(this.#parts.map((one) => one.ended));
    } catch (error) {
      for (const uid of new Set(this.#task.podUids.slice(0, 1_000)))
        this.#fail(uid, '', (error as Error).message);
    }
    clearTimeout(this.#timer);
    const failed = this.#parts.every((one) => one.state === 'TASK_STATE_FAILED');
    this.state =
      failed && this.#failures.length + this.#parts.length > 0 ? 'TASK_STATE_FAILED' : 'TASK_STATE_DONE';
    this.#changed();
  }

  /** @param why what the asker should know; empty: it was asked for */
  stop(why = ''): void {
    this.#stop.abort();
    for (const capture of this.#parts) capture.stop(why);
  }

  askCounters(): void {
    for (const capture of this.#parts) capture.askCounters();
  }

  /** Does something in one pod; what goes wrong is that pod's failure. */
  async #enter(uid: string, work: (target: Target) => Promise<void>): Promise<void> {
    const { podtracer, hostNetwork } = this.#tools;
    try {
      const pod = this.#tools.find(uid);
      if (!pod) throw new Error('this node has no such pod (any more)');
      checkNamespace(pod.namespace, this.#tools.policy);
      const target = await podtracer.resolve(pod, { allowHostNetwork: hostNetwork });
      try {
        await work(target);
      } finally {
        target.close();
      }
    } catch (error) {
      this.#fail(uid, '', (error as Error).message);
    }
  }

  async #capture(uid: string, capture: CaptureTask, target: Target): Promise<void> {
    const all = await this.#tools.podtracer.interfaces(target);
    const asked = capture.interfaces;
    const names =
      asked.length > 0 ? asked : all.filter((one) => !one.loopback && one.up).map((one) => one.name);
    if (names.length === 0) throw new Error('it has no interface besides loopback');
    for (const name of new Set(names)) this.#start(name, uid, capture, target);
  }

  #startTool(run: RunTask, target: Target): void {
    const { podtracer, packets } = this.#tools;
    const overBytes = this.#overBytes;
    const tool = new ToolTarget({ podtracer, target, taskId: this.#task.id, run, overBytes, packets });
    this.#parts.push(tool);
    void tool.ended.then(() => this.#changed());
  }

  #start(name: string, uid: string, capture: CaptureTask, target: Target): void {
    const { rings, ringKiB, podtracer, packets, clock } = this.#tools;
    // Flows come first: one of their rings stays free, for a change of gear or a new pod.
    const room = rings.freeKiB - ringKiB;
    const wanted = Math.min(mostRingKiB, Math.max(leastRingKiB, Math.floor(room / 8)));
    const giveBack = wanted <= room ? rings.take(wanted) : undefined;
    if (!giveBack) {
      this.#fail(
        uid,
        name,
        'no packet ring is free on this node; capture fewer pods or raise --packet-memory',
      );
      return;
    }
    try {
      const filter = this.#tools.withoutOwnLink(capture.filter);
      const taskId = this.#task.id;
      const options = {
        podtracer,
        target,
        interface: name,
        taskId,
        capture,
        overBytes: this.#overBytes,
        filter,
        ringKiB: wanted,
        packets,
        clock,
      };
      const one = new CaptureTarget(options);
      this.#parts.push(one);
      void one.ended.then(() => {
        giveBack();
        this.#changed();
      });
    } catch (error) {
      giveBack();
      this.#fail(uid, name, (error as Error).message);
    }
  }

  #fail(podUid: string, name: string, error: string): void {
    this.#failures.push({ podUid, interface: name, state: 'TASK_STATE_FAILED', error });
  }
}
