import type { FlowColumns, PodRef } from '@snoopy/proto';
import type { CaptureOptions, FlowTable } from '../flow/flow-table.js';
import { Batch } from './batch.js';
import { FLOW_ROW_IDLE, FlowRow } from './flow-row.js';
import { FlowRows } from './flow-rows.js';
import { FrameIngest } from './frame-ingest.js';

import { NewsRows } from './news-rows.js';
import type { NodeKernel, Pass } from './node-kernel.js';
import { SocketRow } from './socket-row.js';
import { SocketRows } from './socket-rows.js';

/** Living connections and long flows are read at multiples of this, so that both ends' windows agree. */
const windowUs = 5_000_000;
/** Flows that no socket counts are looked for after this time. */
const newFlowsUs = 1_000_000;
/** Frames decoded in one go, about 1 ms. */
const framesAtOnce = 2_000;
/** Last rows of a pod that is gone are still taken for so long. */
const graceUs = 10_000_000;

interface WatchedPod {
  readonly pod: PodRef;
  readonly captureId: number;
  /** Infinity while it is watched. */
  endUs: number;
}

/** A pod's interface, and where it is. */
export interface KernelTarget extends CaptureOptions {
  /** File of the pod's network namespace. */
  readonly netnsPath: string;
}

/**
 * Rows from the kernel's counters: connections that opened or ended as soon as they do, living ones and the flows of
 * other protocols once per window. Rings and maps are the queue; rows are made when a batch has room for them. What
 * needs a decoder (DNS, ICMP errors, fragments) comes as copied frames and goes through the flow table.
 */
export class KernelFlows {
  /** Rows of pods that are no longer known. */
  strays = 0;
  readonly frames: FrameIngest;
  readonly news: NewsRows;
  readonly #batch = new Batch();
  readonly #socketRows = new SocketRows(this.#batch);
  readonly #flowRows = new FlowRows(this.#batch);
  /** By the number that the programs know. */
  readonly #pods = new Map<number, WatchedPod>();
  #nextNumber = 1;
  #window = 0;
  #lookedUs = 0;

  /** @param monotonicUs CLOCK_MONOTONIC in microseconds */
  constructor(
    private readonly programs: NodeKernel,
    private readonly table: FlowTable,
    private readonly monotonicUs: () => number,
  ) {
    this.news = new NewsRows(this.#batch);
    const captureOf = (number: number) => this.#pods.get(number)?.captureId;
    this.frames = new FrameIngest(programs.frames, table, captureOf, this.news);
  }

  /**
   * Watches a pod's interface.
   *
   * @returns a way to stop, to be given the time
   */
  attach(target: KernelTarget): (nowUs: number) => void {
    const number = this.#nextNumber++;
    const detach = this.programs.attach(number, target.netnsPath, [target.interface]);
    const captureId = this.table.addCapture(target);
    const watched = { pod: target.pod, captureId, endUs: Number.POSITIVE_INFINITY };
    this.#pods.set(number, watched);
    return (nowUs) => {
      detach();
      watched.endUs = nowUs + graceUs;
    };
  }

  /** Lets time pass: takes the copied frames, forgets pods that are gone, begins what is due. */
  advance(nowUs: number): void {
    this.frames.take(nowUs - this.monotonicUs(), framesAtOnce);
    this.table.advance(nowUs);
    this.#forget(nowUs);
    this.#startPasses(nowUs);
  }

  /** Fills a batch with rows that are due; returns whether more are. */
  drain(columns: FlowColumns, nowUs: number, budgetRows: number): boolean {
    const more = this.table.drain(columns, nowUs, budgetRows);
    if (columns.rows > 0) return true;
    this.#batch.begin(columns, nowUs - this.monotonicUs());
    const left = this.news.write((number) => this.#pods.get(number)?.pod);
    return this.#drainSockets() || this.#drainLive() || this.#drainFlows() || left || more;
  }

  #forget(nowUs: number): void {
    for (const [number, { endUs, captureId }] of this.#pods) {
      if (endUs > nowUs) continue;
      this.table.removeCapture(captureId);
      this.#pods.delete(number);
    }
  }

  #startPasses(nowUs: number): void {
    const window = Math.floor(nowUs / windowUs);
    const full = window !== this.#window;
    if (!full && nowUs - this.#lookedUs < newFlowsUs) return;
    this.#window = window;
    this.#lookedUs = nowUs;
    if (full) this.programs.liveSockets.start();
    this.programs.startFlowPass(!full);
  }

  #drainSockets(): boolean {
    const ring = this.programs.socketRows;
    let more = true;
    while (this.#batch.hasRoom()) {
      more = ring.next();
      if (!more) break;
      this.#write(ring.data, ring.offset, SocketRow.pod, this.#socketRows);
    }
    ring.release();
    return more;
  }

  #drainLive(): boolean {
    const pass = this.programs.liveSockets;
    while (this.#batch.hasRoom() && pass.next())
      this.#write(pass.data, pass.offset, SocketRow.pod, this.#socketRows);
    return pass.running;
  }

  #drainFlows(): boolean {
    const four = this.#drainFlowPass(this.programs.flows4, 4);
    return this.#drainFlowPass(this.programs.flows6, 6) || four;
  }

  #drainFlowPass(pass: Pass, version: 4 | 6): boolean {
    while (this.#batch.hasRoom() && pass.next()) {
      this.#write(pass.data, pass.offset, FlowRow.pod, this.#flowRows);
      if (pass.data.getUint32(pass.offset + FlowRow.rows, true) >= FLOW_ROW_IDLE)
        this.programs.deleteFlow(pass.data, pass.offset, version);
    }
    return pass.running;
  }

  #write(view: DataView, offset: number, podAt: number, rows: SocketRows | FlowRows): void {
    const watched = this.#pods.get(view.getUint32(offset + podAt, true));
    if (watched) rows.write(view, offset, watched.pod);
    else this.strays++;
  }
}
