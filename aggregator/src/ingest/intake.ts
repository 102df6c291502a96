import { type Clock, decodeFlowBatch, FlowColumns, FlowLimits, type Log, SnoopyError } from '@snoopy/proto';
import type { Merge } from '../merge/merge.js';
import type { AgentSession } from './agent-session.js';
import type { Deliveries } from './deliveries.js';
import { ownRuns, type PodNodes } from './foreign-pods.js';
import type { FlowsOutlet } from './outlets.js';
import { ReaderHold } from './reader-hold.js';

/** A stream with more than this waiting is paused, and resumed at half of it. Bytes. */
const STREAM_BYTES = 256 << 10;
/** All streams together: over this every stream that sends is paused. Bytes. */
const TOTAL_BYTES = 64 << 20;
/** Work between two turns of the event loop. */
export const SLICE_MS = 5;

const foreignWords = 'records of pods on other nodes refused: this agent is not what it should be; said once';

/** A Flows stream and what of it waits to be merged. */
interface Stream {
  readonly session: AgentSession;
  readonly outlet: FlowsOutlet;
  bytes: number;
  paused: boolean;
  dead: boolean;
}

/**
 * Batches between the socket and the merge. Decoding where they arrive would stall the event loop for as long as
 * batches keep coming; here they wait, bounded in bytes, and are worked off in slices of 5 ms.
 */
export class Intake {
  /** Rows merged since the start. */
  rows = 0;
  #queue: { stream: Stream; batch: Buffer }[] = [];
  #head = 0;
  #bytes = 0;
  #scheduled = false;
  #closed = false;
  readonly #paused = new Set<Stream>();
  readonly #columns = new FlowColumns(FlowLimits.rows);
  readonly #merge: Merge;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #hold: ReaderHold;

  readonly #nodes: PodNodes;

  constructor(merge: Merge, nodes: PodNodes, clock: Clock, log: Log, deliveries: Deliveries) {
    this.#nodes = nodes;
    this.#hold = new ReaderHold(deliveries, clock.monotonicMs());
    this.#merge = merge;
    this.#clock = clock;
    this.#log = log;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A Flows stream of a session. @returns what takes its batches, and what is to be called at its end */
  open(session: AgentSession, outlet: FlowsOutlet): { push(batch: Buffer): void; close(): void } {
    const stream: Stream = { session, outlet, bytes: 0, paused: false, dead: false };
    session.openFlows(outlet);
    return {
      push: (batch) => this.#push(stream, batch),
      // What has arrived is still merged: it is acknowledged to the next stream.
      close: () => this.#paused.delete(stream),
    };
  }

  /** Takes nothing more: what still comes is not acknowledged, and the agent keeps it. */
  close(): void {
    this.#closed = true;
  }

  /** Merges everything that waits, now. */
  drain(): void {
    while (this.#head < this.#queue.length) this.#next();
  }

  #push(stream: Stream, batch: Buffer): void {
    if (stream.dead || this.#closed) return;
    this.#queue.push({ stream, batch });
    stream.bytes += batch.length;
    this.#bytes += batch.length;
    if (!stream.paused && (stream.bytes > STREAM_BYTES || this.#bytes > TOTAL_BYTES)) {
      stream.paused = true;
      this.#paused.add(stream);
      stream.outlet.pause();
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#run());
  }

  #scheduleLater(): void {
    this.#scheduled = true;
    setTimeout(() => this.#run(), SLICE_MS);
  }

  #run(): void {
    this.#scheduled = false;
    const start = this.#clock.monotonicMs();
    const end = start + SLICE_MS;
    const waits = this.#hold.waits(start);
    while (!waits && this.#head < this.#queue.length && this.#clock.monotonicMs() < end) this.#next();
    this.#resume();
    if (waits) this.#scheduleLater();
    else if (this.#head < this.#queue.length) this.#schedule();
  }

  #next(): void {
    const { stream, batch } = this.#queue[this.#head]!;
    this.#queue[this.#head++] = undefined as never;
    if (this.#head === this.#queue.length || this.#head > 1_024) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    stream.bytes -= batch.length;
    this.#bytes -= batch.length;
    if (stream.dead) return;
    try {
      this.#mergeBatch(stream.session, batch);
    } catch (error) {
      if (!(error instanceof SnoopyError)) throw error;
      this.#refuse(stream, error);
    }
  }

  #mergeBatch(session: AgentSession, batch: Buffer): void {
    const columns = this.#columns;
    const header = decodeFlowBatch(batch, columns);
    if (header.epoch !== session.epoch) {
      throw new SnoopyError('BAD_INPUT', 'The flow batch was refused: it is of another run of the agent.');
    }
    const nowMs = this.#clock.monotonicMs();
    const { source } = session;
    const { repeated, gap, lost } = session.tracker.accept(header, columns.rows, nowMs);
    for (const loss of lost) session.losses.add(loss);
    if (gap > 0) source.recordMark = (source.recordMark + 1) & 255;
    if (lost.some(({ unit }) => unit === 'LOSS_UNIT_PACKETS'))
      source.packetMark = (source.packetMark + 1) & 255;
    this.#take(session, repeated, header.firstSequence, nowMs);
    session.marks.note(session.tracker.next, this.#merge);
    session.rate.add(columns.rows - repeated, nowMs);
    session.lastSeenUs = this.#clock.nowUs();
    this.rows += columns.rows - repeated;
  }

  #take(session: AgentSession, from: number, firstSequence: number, nowMs: number): void {
    const columns = this.#columns;
    const runs = ownRuns(session, columns, from, this.#nodes);
    if (!runs) {
      this.#merge.take(columns, from, session.source, firstSequence, nowMs);
      return;
    }
    const { rows } = columns;
    let refused = rows - from;
    for (const run of runs) {
      columns.rows = run.to;
      this.#merge.take(columns, run.from, session.source, firstSequence, nowMs);
      refused -= run.to - run.from;
    }
    columns.rows = rows;
    session.losses.add({ stage: 'link', reason: 'foreign_pod', unit: 'LOSS_UNIT_RECORDS', count: refused });
    if (!session.toldForeign) this.#log.warn({ agent: session.agent, records: refused }, foreignWords);
    session.toldForeign = true;
  }

  #refuse(stream: Stream, error: SnoopyError): void {
    stream.dead = true;
    this.#paused.delete(stream);
    this.#log.warn({ agent: stream.session.agent, reason: error.message }, 'flow batch refused');
    stream.outlet.fail(error);
  }

  #resume(): void {
    if (this.#bytes > TOTAL_BYTES / 2) return;
    for (const stream of this.#paused) {
      if (stream.bytes > STREAM_BYTES / 2) continue;
      stream.paused = false;
      this.#paused.delete(stream);
      stream.outlet.resume();
    }
  }
}
