import type { Clock, ControlRequest, Log } from '@snoopy/proto';
import type { LossLedger } from '../loss/loss-ledger.js';
import { Merge } from '../merge/merge.js';
import type { FlowSink } from '../merge/merged-flow.js';
import { PodIndex } from '../pods/pod-index.js';
import { AgentRegistry } from './agent-registry.js';
import type { AgentSession } from './agent-session.js';
import type { Deliveries } from './deliveries.js';
import { ownPods } from './foreign-pods.js';
import { Intake, SLICE_MS } from './intake.js';
import type { FlowsOutlet } from './outlets.js';

const TICK_MS = 20;
/** Acknowledgements go out at most so often; with many agents less often, so that they cost 5 % of a core at most. */
const ACK_MS = 100;
const ACK_MS_PER_AGENT = 0.4;
/** The clock is asked a few times at once, then now and then. */
const FIRST_PROBES = 5;
const FIRST_PROBE_MS = 200;
const PROBE_MS = 10_000;
const FORGET_MS = 1_000;
/** A record waits 700 ms, readers hold back an acknowledgement for 1 s. */
const FINISH_MS = 2_000;
/** What was sent on one stream is read before what follows on another after this, or the way is very long. */
const LAST_ACK_MS = 200;

export interface AgentLinkOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  /** New at each start of the aggregator. */
  readonly instance: string;
  readonly ledger: LossLedger;
  /** Take the merged flows, in this order. */
  readonly sinks: readonly FlowSink[];
  readonly deliveries: Deliveries;
  /** 32 random bits. */
  readonly seed: number;
  /** Most live connections in the merge. */
  readonly connections?: number;
}

/** Everything between the agents' streams and the sinks: sessions, intake, merge, acknowledgements. */
export class AgentLink {
  readonly pods = new PodIndex();
  readonly merge: Merge;
  readonly agents: AgentRegistry;
  readonly intake: Intake;
  readonly #options: AgentLinkOptions;
  readonly #probes = new Map<AgentSession, { count: number; nextMs: number }>();
  #timer: NodeJS.Timeout | undefined;
  #nextAckMs = 0;
  #nextForgetMs = 0;
  #probeId = 0;

  constructor(options: AgentLinkOptions) {
    const { clock, log, ledger, sinks, seed, connections } = options;
    this.#options = options;
    this.merge = new Merge({
      sinks,
      pods: this.pods,
      seed,
      nowMs: clock.monotonicMs(),
      nowUs: clock.nowUs(),
      ...(connections === undefined ? {} : { capacity: connections }),
    });
    this.agents = new AgentRegistry(clock, log, ledger, this.merge.sources, this.pods);
    this.intake = new Intake(this.merge, this.pods, clock, log, options.deliveries);
  }

  start(): void {
    this.#timer ??= setInterval(() => this.tick(), TICK_MS);
  }

  /** Merges what has arrived, lets out what waits, and acknowledges it when the readers have it; at most about a second. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const { clock, deliveries } = this.#options;
    this.intake.close();
    this.intake.drain();
    this.merge.flush(clock.monotonicMs());
    const until = clock.monotonicMs() + 1_000;
    while (deliveries.flushedPosition() < deliveries.position() && clock.monotonicMs() < until) {
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    this.#acknowledge(clock.monotonicMs());
    const why = 'The aggregator is going down.';
    for (const session of this.agents.sessions()) session.endFlows(why);
    // An agent whose Control stream ends looks at nothing else any more, not at its last acknowledgement either.
    if (this.agents.size > 0) await new Promise((resolve) => setTimeout(resolve, LAST_ACK_MS));
    for (const session of this.agents.sessions()) session.end(why);
  }

  /** Every 20 ms. */
  tick(): void {
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    while (this.merge.tick(nowMs) && clock.monotonicMs() < nowMs + SLICE_MS);
    if (nowMs >= this.#nextAckMs) {
      this.#nextAckMs = nowMs + Math.max(ACK_MS, this.agents.size * ACK_MS_PER_AGENT);
      this.#acknowledge(nowMs);
    }
    if (nowMs >= this.#nextForgetMs) {
      this.#nextForgetMs = nowMs + FORGET_MS;
      this.pods.syncClocks(nowMs, clock.nowUs());
      this.agents.giveUp();
    }
    for (const [session, probe] of this.#probes)
      if (nowMs >= probe.nextMs) this.#probe(session, probe, nowMs);
  }

  /** A message of a session's Control stream after Hello. @throws SnoopyError when it is refused */
  control(session: AgentSession, message: ControlRequest): void {
    const { clock } = this.#options;
    session.lastSeenUs = clock.nowUs();
    if (message.pods) {
      const report = ownPods(session, message.pods, this.pods);
      session.pods.report(report);
      this.pods.report(session.agent, report, session.pods.uids, clock.monotonicMs(), session.bound);
    } else if (message.report) session.report = message.report;
    else if (message.clock) session.addClock(message.clock, clock.nowUs());
    else if (message.task) this.agents.tasks.report(session.agent, message.task);
  }

  /** A session has its Control stream: welcomes it and begins to ask for its clock. */
  welcome(session: AgentSession): void {
    const { version, instance } = this.#options;
    session.control?.send({ welcome: { version, instance } });
    this.#probes.set(session, { count: 0, nextMs: 0 });
  }

  /** An agent ends its Flows stream: merges what it sent, and resolves when it is acknowledged or after 2 s. */
  async finish(session: AgentSession, flows: FlowsOutlet): Promise<void> {
    const { clock } = this.#options;
    this.intake.drain();
    const until = clock.monotonicMs() + FINISH_MS;
    while (session.flows === flows && session.marks.pending > 0 && clock.monotonicMs() < until) {
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    if (session.flows === flows) session.flows = undefined;
  }

  #acknowledge(nowMs: number): void {
    const { deliveries } = this.#options;
    for (const session of this.agents.sessions()) {
      if (session.marks.pending === 0) continue;
      session.acknowledge(session.marks.ready(this.merge, deliveries, nowMs));
    }
  }

  #probe(session: AgentSession, probe: { count: number; nextMs: number }, nowMs: number): void {
    if (!session.control) {
      this.#probes.delete(session);
      return;
    }
    probe.nextMs = nowMs + (++probe.count < FIRST_PROBES ? FIRST_PROBE_MS : PROBE_MS);
    this.#probeId = (this.#probeId + 1) >>> 0;
    session.control.send({ clock: { id: this.#probeId, sentUs: this.#options.clock.nowUs() } });
  }
}
