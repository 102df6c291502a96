import {
  type AgentReport,
  type AgentStatusMessage,
  type ClockReply,
  type Hello,
  parseSelector,
  printable,
  SnoopyError,
} from '@snoopy/proto';
import type { FlowSource } from '../merge/flow-source.js';
import { timestamp } from '../observe/timestamp.js';
import { AckMarks } from './ack-marks.js';
import { ClockOffset } from './clock-offset.js';
import type { LossBook } from './loss-book.js';
import type { ControlOutlet, FlowsOutlet } from './outlets.js';
import { Rate } from './rate.js';
import { ReportedPods } from './reported-pods.js';
import { SequenceTracker } from './sequence-tracker.js';

/** One run of one agent, over all of its connections. */
export class AgentSession {
  readonly pods = new ReportedPods();
  readonly clock = new ClockOffset();
  readonly marks = new AckMarks();
  readonly rate = new Rate();
  readonly tracker: SequenceTracker;
  /** Its token says that it is on the node whose name it has: it may speak of that node's pods alone. */
  bound = false;
  /** It was said that it told of other nodes' pods. */
  toldForeign = false;
  version = '';
  /** Which pods the agent is to watch, as it was told. */
  selector = '';
  namespaces: readonly string[] = [];
  lastSeenUs = 0;
  report: AgentReport | null = null;
  /** The connection of now, if there is one. */
  control: ControlOutlet | undefined;
  /** The stream that acknowledgements go to. */
  flows: FlowsOutlet | undefined;
  #acked = -1;

  constructor(
    readonly source: FlowSource,
    readonly losses: LossBook,
    hello: Hello,
  ) {
    this.tracker = new SequenceTracker(hello.nextSequence);
  }

  get agent(): string {
    return this.source.agent;
  }

  get epoch(): number {
    return this.source.epoch;
  }

  /** A connection of this run begins. One that is there already is superseded. */
  connect(control: ControlOutlet, hello: Hello, nowMs: number, nowUs: number): void {
    this.end('Another connection of the same run of this agent took over.');
    this.control = control;
    this.version = printable(hello.version, 100);
    this.selector = readable(hello.selector);
    this.namespaces = hello.namespaces.slice(0, 1_000);
    this.lastSeenUs = nowUs;
    this.source.connected = true;
    this.source.connectedAtMs = nowMs;
  }

  /** What the agent's clock says. @param nowUs when the answer came */
  addClock(reply: ClockReply, nowUs: number): void {
    this.clock.add(reply, nowUs);
    this.source.clockOffsetUs = this.clock.offsetUs;
  }

  /** A Flows stream begins; acknowledgements go to the latest. */
  openFlows(flows: FlowsOutlet): void {
    this.flows?.fail(new SnoopyError('UNAVAILABLE', 'Another Flows stream of the same agent took over.'));
    this.flows = flows;
    this.#acked = -1;
  }

  /** Ends the Flows stream, after the acknowledgements on it. */
  endFlows(why: string): void {
    this.flows?.fail(new SnoopyError('UNAVAILABLE', why));
    this.flows = undefined;
  }

  /** Ends what is connected, saying why. */
  end(why: string): void {
    this.endFlows(why);
    this.control?.fail(new SnoopyError('UNAVAILABLE', why));
    this.control = undefined;
  }

  /** The Control stream is gone. Flows may still end in good order, see AgentLink.finish. */
  disconnect(nowMs: number): void {
    this.control = undefined;
    this.source.connected = false;
    this.source.lostAtMs = nowMs;
  }

  /** Tells the agent what it need not keep any more, if there is something new. */
  acknowledge(sequence: number): void {
    if (sequence <= this.#acked || !this.flows) return;
    this.flows.ack(sequence);
    this.#acked = sequence;
  }

  status(nowMs: number): AgentStatusMessage {
    return {
      name: this.agent,
      version: this.version,
      epoch: this.epoch,
      connected: this.source.connected,
      lastSeen: timestamp(this.lastSeenUs),
      clockOffsetSeconds: this.clock.offsetUs / 1e6,
      clockErrorSeconds: this.clock.errorUs / 1e6,
      recordsPerSecond: this.rate.perSecond(nowMs),
      report: this.report,
      pods: this.pods.all(),
    };
  }
}

/** A selector that cannot be read selects nothing here; its own agent would have refused it. */
function readable(selector: string): string {
  try {
    return parseSelector(selector).text;
  } catch {
    return '!a,a';
  }
}
