import {
  type AgentStatusMessage,
  type Clock,
  type Hello,
  isName,
  type Log,
  SnoopyError,
  type TaskMessage,
} from '@snoopy/proto';
import type { LossLedger } from '../loss/loss-ledger.js';
import type { FlowSources } from '../merge/flow-source.js';
import type { PodEntry } from '../pods/pod-entry.js';
import type { PodIndex } from '../pods/pod-index.js';
import { AgentSession } from './agent-session.js';
import type { Agents, TaskListener } from './agents.js';
import { LossBook } from './loss-book.js';
import type { ControlOutlet } from './outlets.js';
import { TaskBoard } from './task-board.js';

/** Most agents. */
const MOST_AGENTS = 10_000;
/** A run that started earlier is refused while a later one is connected, or was so lately. */
const LATER_RUN_MS = 30_000;
/** The pods of an agent that is gone are gone after this. */
const PODS_MS = 300_000;
/** What is known about an agent that is gone is kept so long: which of its rows were taken, above all. */
const KEPT_MS = 3_600_000;

/** The agents, by name: one run each, the latest. */
export class AgentRegistry implements Agents {
  readonly tasks = new TaskBoard();
  readonly #sessions = new Map<string, AgentSession>();
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #ledger: LossLedger;
  readonly #sources: FlowSources;
  readonly #pods: PodIndex;

  constructor(clock: Clock, log: Log, ledger: LossLedger, sources: FlowSources, pods: PodIndex) {
    this.#clock = clock;
    this.#log = log;
    this.#ledger = ledger;
    this.#sources = sources;
    this.#pods = pods;
  }

  sessions(): Iterable<AgentSession> {
    return this.#sessions.values();
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** The session that a stream other than Control belongs to. @throws SnoopyError UNAVAILABLE when there is none */
  session(agent: string, epoch: number): AgentSession {
    const session = this.#sessions.get(agent);
    if (session?.epoch === epoch && session.control) return session;
    throw new SnoopyError('UNAVAILABLE', 'This agent has no session: open Control and send Hello first.');
  }

  /**
   * An agent says hello: a new run, or the same one again.
   * @throws SnoopyError when it must not connect
   */
  hello(agent: string, epoch: number, hello: Hello, control: ControlOutlet): AgentSession {
    if (hello.agent !== agent || hello.epoch !== epoch) {
      throw new SnoopyError(
        'BAD_INPUT',
        'Hello and the metadata of the call name different agents or epochs.',
      );
    }
    if (!isName(agent) || epoch <= 0) {
      throw new SnoopyError(
        'BAD_INPUT',
        'The agent needs a name (metadata snoopy-agent) and an epoch (snoopy-epoch).',
      );
    }
    const nowMs = this.#clock.monotonicMs();
    const known = this.#sessions.get(agent);
    if (known && known.epoch > epoch) this.#refuseEarlier(known, nowMs);
    const session = known?.epoch === epoch ? known : this.#begin(agent, epoch, hello, nowMs);
    if (session.control) this.tasks.gone(agent);
    session.connect(control, hello, nowMs, this.#clock.nowUs());
    this.#log.info({ agent, version: session.version, epoch }, 'agent connected');
    return session;
  }

  /** A Control stream ended; nothing happens if its session has another one by now. */
  left(session: AgentSession, control: ControlOutlet): void {
    if (session.control !== control) return;
    session.disconnect(this.#clock.monotonicMs());
    this.#log.info({ agent: session.agent }, 'agent disconnected');
    this.tasks.gone(session.agent);
  }

  /** To be called every second or so: gives up what is long gone, agents, pods and missing rows. */
  giveUp(): void {
    const nowMs = this.#clock.monotonicMs();
    this.#pods.forget(nowMs);
    for (const [agent, session] of this.#sessions) {
      this.#ledger.add(agent, 'link', 'gap', 'LOSS_UNIT_RECORDS', session.tracker.unexplained(nowMs));
      if (session.source.connected) continue;
      const goneMs = nowMs - session.source.lostAtMs;
      if (goneMs > PODS_MS)
        this.#pods.report(agent, { full: true, pods: [], removed: [] }, session.pods.uids, nowMs);
      if (goneMs > KEPT_MS) this.#sessions.delete(agent);
    }
  }

  statuses(): AgentStatusMessage[] {
    const nowMs = this.#clock.monotonicMs();
    return [...this.#sessions.values()].map((session) => session.status(nowMs));
  }

  pods(): Iterable<PodEntry> {
    return this.#pods.live();
  }

  start(agent: string, task: TaskMessage, listener: TaskListener): boolean {
    const control = this.#sessions.get(agent)?.control;
    if (!control) return false;
    this.tasks.add(agent, task, listener);
    control.send({ start: task });
    return true;
  }

  stop(agent: string, taskId: string): void {
    this.#sessions.get(agent)?.control?.send({ stop: { id: taskId } });
  }

  forget(taskId: string): void {
    this.tasks.forget(taskId);
  }

  clockOffsetUs(agent: string): number {
    return this.#sessions.get(agent)?.clock.offsetUs ?? 0;
  }

  #refuseEarlier(known: AgentSession, nowMs: number): void {
    if (!known.source.connected && nowMs - known.source.lostAtMs > LATER_RUN_MS) return;
    throw new SnoopyError(
      'NOT_ALLOWED',
      `An agent named ${known.agent} that started later is connected: stop this one, or give each node its own --node-name.`,
    );
  }

  #begin(agent: string, epoch: number, hello: Hello, nowMs: number): AgentSession {
    const known = this.#sessions.get(agent);
    if (!known && this.#sessions.size >= MOST_AGENTS) {
      throw new SnoopyError('LIMIT', `${MOST_AGENTS} agents are known, which is the most.`);
    }
    if (known?.control) {
      this.tasks.gone(agent);
      known.end(`A later run of the agent ${agent} connected.`);
    }
    if (known?.source.connected) {
      known.source.connected = false;
      known.source.lostAtMs = nowMs;
    }
    const session = new AgentSession(
      this.#sources.add(agent, epoch, nowMs),
      new LossBook(this.#ledger, agent),
      hello,
    );
    if (known) for (const uid of known.pods.uids) session.pods.uids.add(uid);
    this.#sessions.set(agent, session);
    return session;
  }
}
