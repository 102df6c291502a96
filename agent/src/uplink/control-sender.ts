import type {
  AgentReportMessage,
  ClockReplyMessage,
  ControlRequestMessage,
  PodMessage,
  TaskReportMessage,
} from '@snoopy/proto';
import { type MessageStream, Outlet } from './message-stream.js';

/** Pods in one message, so that none comes near the size limit. */
const podsPerMessage = 500;

/**
 * What the agent says on the control stream. Only the newest of everything is kept, so nothing piles up while the other
 * side does not read.
 */
export class ControlSender {
  #pods: ReadonlyMap<string, PodMessage> = new Map();
  /** What the other side was told about each pod, as text; undefined: nothing yet in this session. */
  #told: Map<string, string> | undefined;
  #report: (() => AgentReportMessage) | undefined;
  readonly #tasks = new Map<string, TaskReportMessage>();
  readonly #outlet = new Outlet<ControlRequestMessage>(() => this.#flush());

  /** The session is open: the whole list of pods goes first. */
  attach(stream: MessageStream<ControlRequestMessage>): void {
    this.#told = undefined;
    this.#outlet.attach(stream);
  }

  detach(): void {
    this.#outlet.detach();
    this.#tasks.clear();
  }

  /** The whole list; what has changed since the last one is sent. */
  pods(pods: readonly PodMessage[]): void {
    this.#pods = new Map(pods.map((pod) => [pod.uid ?? '', pod]));
    this.#flush();
  }

  /** @param report makes the numbers at the moment they can be sent */
  report(report: () => AgentReportMessage): void {
    this.#report = report;
    this.#flush();
  }

  task(report: TaskReportMessage): void {
    if (!this.#outlet.attached) return;
    this.#tasks.set(report.id ?? '', report);
    this.#flush();
  }

  /** A late answer is worth nothing: it is sent now or not at all. */
  clock(reply: ClockReplyMessage): void {
    if (this.#outlet.ready) this.#outlet.write({ clock: reply });
  }

  #flush(): void {
    if (!this.#outlet.ready) return;
    this.#flushPods();
    for (const [id, task] of this.#tasks) {
      if (!this.#outlet.ready) return;
      this.#tasks.delete(id);
      this.#outlet.write({ task });
    }
    if (this.#report && this.#outlet.ready) {
      this.#outlet.write({ report: this.#report() });
      this.#report = undefined;
    }
  }

  #flushPods(): void {
    const full = this.#told === undefined;
    this.#told ??= new Map();
    const told = this.#told;
    const removed = [...told.keys()].filter((uid) => !this.#pods.has(uid));
    const changed: PodMessage[] = [];
    for (const [uid, pod] of this.#pods) {
      const text = JSON.stringify(pod);
      if (told.get(uid) === text) continue;
      told.set(uid, text);
      changed.push(pod);
    }
    for (const uid of removed) told.delete(uid);
    if (!full && changed.length === 0 && removed.length === 0) return;
    for (let at = 0; at === 0 || at < changed.length; at += podsPerMessage) {
      const pods = changed.slice(at, at + podsPerMessage);
      const first = at === 0;
      this.#outlet.write({ pods: { full: full && first, pods, removed: first ? removed : [] } });
    }
  }
}
