import {
  type CaptureProgressMessage,
  type CaptureResponseMessage,
  type Clock,
  type PacketChunk,
  SnoopyError,
  type TaskReport,
} from '@snoopy/proto';
import type { Agents, TaskListener } from '../ingest/agents.js';
import type { PodEntry } from '../pods/pod-entry.js';
import { CaptureFile, gapNote } from './capture-file.js';
import type { CaptureSpec } from './capture-spec.js';
import type { CaptureTarget } from './capture-target.js';
import { CaptureTargets } from './capture-targets.js';
import { CaptureTasks } from './capture-tasks.js';
import type { CaptureAccount, CaptureEnd } from './capture-totals.js';
import { verdict } from './completeness.js';
import { OrderedMerge } from './ordered-merge.js';
import { checkChunk, type PacketInput, type TimeBase } from './packet-input.js';
import type { SectionHeader, Timestamp } from './pcapng.js';

/**
 * How long packets of one pod wait for earlier ones of another. The kernel hands its ring over once a second at the
 * latest (libpcap's block timeout), the agent some 100 ms later.
 */
const WINDOW = { waitMs: 1_500, bytes: 4 << 20 };
const RECONCILE_MS = 500;
const PROGRESS_MS = 1_000;
/** Clocks are read to the millisecond, on both sides. */
const CLOCK_READING_US = 1_000;
/** How long agents have to end a task that was stopped, and to answer one that was started. */
const STOP_GRACE_MS = 5_000;
const START_GRACE_MS = 10_000;
/** An agent that has begun is given so long to find that it cannot, before there is a file. */
const BEGIN_MS = 1_500;
/** How long a reader that does not read may hold up agents that other captures need too. */
const HOLD_MS = 1_000;

/** Where a capture's messages go. */
export interface CaptureOutput {
  /** Returns false when no more should come until `CaptureSession.resume`. */
  send(response: CaptureResponseMessage): boolean;
  end(): void;
  fail(error: SnoopyError): void;
}

type Phase = 'starting' | 'running' | 'stopping' | 'ended';

/** One capture: tasks on agents, their packets in order, one pcapng, one statement of completeness. */
export class CaptureSession implements TaskListener {
  readonly #merge = new OrderedMerge(WINDOW);
  readonly #tasks: CaptureTasks;
  readonly #targets: CaptureTargets;
  readonly #file: CaptureFile;
  readonly #owners = new Map<PacketInput, CaptureTarget>();
  readonly #startUs: number;
  readonly #startMs: number;
  #phase: Phase = 'starting';
  #ending = '';
  #end: CaptureEnd = 'cancelled';
  #blocked = false;
  /** A limit is reached: what still comes is not for the file. */
  #full = false;
  #packets = 0;
  #strayPackets = 0;
  /** An agent says that it captures. */
  #answered = false;
  /** Since when the reader holds agents up, NaN: it does not. */
  #holdingMs = Number.NaN;
  #reconcileAtMs = 0;
  #progressAtMs = 0;
  /** Since when agents are asked to stop and the reader is ready. */
  #stopMs = 0;

  /**
   * @param id makes the tasks' ids unique among captures
   * @param alone no other capture needs the agents: then a slow reader may hold them up
   */
  constructor(
    readonly spec: CaptureSpec,
    readonly agents: Agents,
    readonly clock: Clock,
    readonly output: CaptureOutput,
    readonly header: SectionHeader,
    id: string,
    readonly alone: () => boolean,
  ) {
    this.#startUs = clock.nowUs();
    this.#startMs = clock.monotonicMs();
    this.#tasks = new CaptureTasks(agents, spec, id);
    this.#targets = new CaptureTargets(this.#tasks, (target) => this.#open(target));
    const baseSeconds = Math.floor(this.#startUs / 1e6);
    this.#file = new CaptureFile(baseSeconds, spec.snaplen || 262_144, spec.filter, spec.maxBytes);
  }

  get ended(): boolean {
    return this.#phase === 'ended';
  }

  /** How it ended; means nothing before. */
  get end(): CaptureEnd {
    return this.#end;
  }

  /** Gives the account what it has counted so far. */
  account(account: CaptureAccount): void {
    account.collect(this.#targets.all(), this.#strayPackets);
  }

  /** Starts the tasks and tells the reader which pods they are for. */
  start(): void {
    this.#reconcile();
    this.#progressAtMs = this.clock.monotonicMs() + PROGRESS_MS;
    this.#send({ started: this.#progress() });
  }

  /** To be called about ten times a second. */
  tick(): void {
    const nowMs = this.clock.monotonicMs();
    if (this.#phase === 'starting') this.#judgeStart(nowMs);
    if (this.#phase === 'running' || this.#phase === 'starting') {
      if (nowMs >= this.#reconcileAtMs) this.#reconcile();
      const seconds = this.spec.maxSeconds;
      if (seconds > 0 && nowMs - this.#startMs >= seconds * 1_000)
        this.stop(`It ran for ${seconds} s as asked.`);
    }
    this.#targets.settle(nowMs, (target) => this.#finishTarget(target));
    this.#drain(nowMs);
    if (this.#phase === 'stopping') this.#judgeStop(nowMs);
    this.#letOthersGoOn(nowMs);
    if (!this.ended && !this.#blocked && nowMs >= this.#progressAtMs) {
      this.#progressAtMs = nowMs + PROGRESS_MS;
      this.#send({ progress: this.#progress() });
    }
  }

  /** The reader can take more. */
  resume(): void {
    if (!this.#blocked || this.ended) return;
    this.#blocked = false;
    this.#stopMs = this.clock.monotonicMs();
    this.#drain(this.#stopMs);
  }

  /** Ends in good order: agents stop, what they have comes in, the statement goes out. */
  stop(ending: string): void {
    if (this.#phase === 'stopping' || this.ended) return;
    this.#ending = ending;
    this.#phase = 'stopping';
    this.#stopMs = this.clock.monotonicMs();
    this.#begin();
    this.#tasks.stop();
  }

  /** The reader is gone: everything ends at once. */
  cancel(): void {
    if (this.ended) return;
    this.#phase = 'ended';
    this.#tasks.stop();
    this.#tasks.forget();
    this.#merge.clear();
  }

  packets(agent: string, chunk: PacketChunk, done: () => void): void {
    const target = this.ended
      ? undefined
      : this.#targets.of(agent, chunk.taskId, chunk.podUid, chunk.interface);
    if (!target) {
      this.#strayPackets += chunk.packets;
      done();
      return;
    }
    if (chunk.packets > 0) this.#begin();
    const nowMs = this.clock.monotonicMs();
    const untold = target.note(chunk);
    if (this.#full || chunk.packets === 0) done();
    else this.#take(target, agent, chunk, gapNote(untold, target), nowMs, done);
    if (chunk.error !== '') target.fail(chunk.error);
    if (chunk.last) this.#targets.ending(target, nowMs);
    this.#targets.settle(nowMs, (ended) => this.#finishTarget(ended));
    this.#drain(nowMs);
  }

  report(agent: string, report: TaskReport): void {
    if (this.ended) return;
    this.#targets.report(agent, report, this.clock.monotonicMs());
    if (report.targets.some((target) => target.state !== 'TASK_STATE_FAILED')) this.#answered = true;
  }

  gone(agent: string): void {
    if (this.ended) return;
    for (const target of this.#targets.gone(agent)) this.#finishTarget(target);
    this.#reconcileAtMs = 0;
  }

  /** The first sign of life: from here on there is a file. */
  #begin(): void {
    if (this.#phase === 'starting') this.#phase = 'running';
    if (this.#file.size === 0) this.#file.begin(this.header);
  }

  #reconcile(): void {
    const nowMs = this.clock.monotonicMs();
    this.#reconcileAtMs = nowMs + RECONCILE_MS;
    const { maxSeconds } = this.spec;
    const left = maxSeconds === 0 ? 0 : Math.max(1, maxSeconds - (nowMs - this.#startMs) / 1_000);
    for (const pod of this.#tasks.start(this, left)) this.#enlist(pod);
  }

  #enlist(pod: PodEntry): void {
    for (const target of this.#targets.enlist(pod)) this.#merge.reopen(target.input);
  }

  #take(
    target: CaptureTarget,
    agent: string,
    chunk: PacketChunk,
    note: Buffer | undefined,
    nowMs: number,
    done: () => void,
  ): void {
    if (target.linkType < 0) {
      target.linkType = chunk.linkType;
      target.input.time = this.#timeBase(agent);
    }
    if (this.#merge.full && nowMs - this.#holdingMs > HOLD_MS && !this.alone()) {
      target.aggregatorDropped += chunk.packets;
      done();
      return;
    }
    if (chunk.linkType !== target.linkType) {
      target.refuse(chunk.packets, 'its link type changed');
      done();
      return;
    }
    const checked = checkChunk(chunk.records, target.input.time, note);
    const bad = chunk.packets - checked.packets;
    if (bad > 0) target.refuse(bad, `the agent sent ${bad} packets that cannot be read`);
    this.#merge.push(target.input, checked, nowMs, done);
  }

  /** From now on the others wait for this target's packets. */
  #open(target: CaptureTarget): PacketInput {
    const input = this.#merge.open({ baseSeconds: this.#file.baseSeconds, offsetNs: 0 });
    this.#owners.set(input, target);
    return input;
  }

  /** An offset smaller than the error of its measurement is none: correcting by it would add what it should remove. */
  #timeBase(agent: string): TimeBase {
    const offsetUs = this.agents.clockOffsetUs(agent);
    const status = this.agents.statuses().find((candidate) => candidate.name === agent);
    const errorUs = Number(status?.clockErrorSeconds ?? 0) * 1e6 + CLOCK_READING_US;
    const offsetNs = Math.abs(offsetUs) > errorUs ? Math.round(offsetUs * 1_000) : 0;
    return { baseSeconds: this.#file.baseSeconds, offsetNs };
  }

  /** All captures share an agent's stream: this one's reader may not stop the others for long. */
  #letOthersGoOn(nowMs: number): void {
    if (!this.#blocked || !this.#merge.full) this.#holdingMs = Number.NaN;
    else if (Number.isNaN(this.#holdingMs)) this.#holdingMs = nowMs;
    else if (nowMs - this.#holdingMs > HOLD_MS && !this.alone()) this.#merge.releaseHeld();
  }

  #finishTarget(target: CaptureTarget): void {
    target.done = true;
    this.#merge.end(target.input);
  }

  /** Writes what may leave, as long as the reader takes it. */
  #drain(nowMs: number): void {
    if (this.#blocked || this.ended) return;
    this.#merge.advance(nowMs);
    const { maxPackets, maxBytes } = this.spec;
    let reserve = this.#closingBytes();
    for (let input = this.#merge.next(); input; input = this.#merge.next()) {
      if (!this.#file.fits(input, reserve)) {
        this.#stopAtLimit(`The limit of ${maxBytes} bytes is reached.`);
        return;
      }
      if (this.#write(input)) reserve = this.#closingBytes();
      this.#merge.shift();
      if (maxPackets > 0 && this.#packets >= maxPackets) {
        this.#stopAtLimit(`The limit of ${maxPackets} packets is reached.`);
        return;
      }
      if (this.#file.hasPieces && !this.#sendPieces(false)) return;
    }
    this.#sendPieces(true);
  }

  /** Writes the head of an input. Returns whether that announced its interface. */
  #write(input: PacketInput): boolean {
    if (this.#beyondTime(input)) return false;
    const target = this.#owners.get(input)!;
    const announced = target.interfaceId >= 0;
    this.#file.packet(target, input);
    this.#packets++;
    return !announced;
  }

  #closingBytes(): number {
    return this.spec.maxBytes > 0 ? this.#file.closingBytes(this.#targets.all()) : 0;
  }

  #stopAtLimit(ending: string): void {
    this.stop(ending);
    this.#ending = ending;
    this.#full = true;
    this.#merge.clear();
    this.#sendPieces(true);
  }

  #beyondTime(input: PacketInput): boolean {
    const { maxSeconds } = this.spec;
    if (maxSeconds === 0) return false;
    const startNs = (this.#startUs - this.#file.baseSeconds * 1e6) * 1e3;
    return input.headNs > startNs + maxSeconds * 1e9;
  }

  /** Whether any agent began; if all refused, the capture fails with what they say. */
  #judgeStart(nowMs: number): void {
    const refusal = this.#targets.refusal();
    if (refusal !== undefined) this.#fail(new SnoopyError('TOOL_FAILED', refusal));
    else if (this.#answered && nowMs - this.#startMs >= BEGIN_MS) this.#begin();
    else if (nowMs - this.#startMs > START_GRACE_MS) {
      this.#fail(
        new SnoopyError('UNAVAILABLE', 'No agent began the capture within 10 s; see snoopy status.'),
      );
    }
  }

  #judgeStop(nowMs: number): void {
    const graceOver = !this.#blocked && nowMs - this.#stopMs > STOP_GRACE_MS;
    if (graceOver) {
      for (const target of this.#targets.unfinished()) {
        target.fail('the agent did not say that it ended; packets may be missing');
        this.#finishTarget(target);
      }
    }
    if (this.#targets.unfinished().length > 0) return;
    this.#merge.flush();
    this.#drain(nowMs);
    if (!this.#blocked && this.#merge.waitingBytes === 0) this.#finish();
  }

  #finish(): void {
    const end = this.clock.nowUs();
    this.#file.close(this.#targets.all(), timestamp(this.#startUs), timestamp(end));
    this.#sendPieces(true);
    const finished = this.#progress();
    this.#send({ finished });
    this.#end = finished.complete ? 'complete' : 'incomplete';
    this.#phase = 'ended';
    this.#tasks.forget();
    this.output.end();
  }

  #fail(error: SnoopyError): void {
    this.cancel();
    this.#end = 'failed';
    this.output.fail(error);
  }

  /** Returns false when the reader wants no more now. */
  #sendPieces(all: boolean): boolean {
    for (const pcapng of this.#file.takePieces(all)) this.#send({ pcapng });
    return !this.#blocked;
  }

  #send(response: CaptureResponseMessage): void {
    if (!this.output.send(response)) this.#blocked = true;
  }

  #progress(): CaptureProgressMessage {
    const targets = this.#targets.all();
    const { complete, summary } = verdict({
      targets,
      podsLeftOut: this.#tasks.leftOut,
      strayPackets: this.#strayPackets,
      late: this.#merge.late,
      ending: this.#ending,
    });
    return { targets: targets.map((target) => target.message()), complete, summary };
  }
}

function timestamp(us: number): Timestamp {
  const seconds = Math.floor(us / 1e6);
  return { seconds, nanoseconds: Math.round((us - seconds * 1e6) * 1e3) };
}
