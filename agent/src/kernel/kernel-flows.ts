import type { FlowColumns, PodRef } from '@snoopy/proto';
import { Batch } from './batch.js';
import { FlowRow } from './flow-row.js';
import { FlowRows } from './flow-rows.js';
import type { MapPass } from './map-pass.js';
import type { Programs } from './programs.js';
import { SocketRow } from './socket-row.js';
import { SocketRows } from './socket-rows.js';

/** Living connections and long flows are read at multiples of this, so that both ends' windows agree. */
const windowUs = 5_000_000;
/** Flows that no socket counts are looked for after this time. */
const newFlowsUs = 1_000_000;

/** What a copied frame becomes; see FrameIngest. */
export interface FrameTaker {
  /** Takes the frames that are there; returns whether there are more. */
  take(): boolean;
}

/**
 * Rows from the kernel's counters: connections that opened or ended as soon as they do, living ones and the flows of
 * other protocols once per window. Rings and maps are the queue; rows are made when a batch has room for them.
 */
export class KernelFlows {
  readonly #batch = new Batch();
  readonly #socketRows = new SocketRows(this.#batch);
  readonly #flowRows = new FlowRows(this.#batch);
  /** Pods by the number that the programs know; a removed one stays until its number is used again. */
  readonly #pods = new Map<number, PodRef>();
  #nextNumber = 1;
  #window = 0;
  #lookedUs = 0;
  /** Rows of pods that are no longer known. */
  strays = 0;

  /** @param monotonicUs CLOCK_MONOTONIC in microseconds */
  constructor(
    private readonly programs: Programs,
    private readonly monotonicUs: () => number,
  ) {}

  /** Watches a pod; returns a way to stop. */
  attach(pod: PodRef, netnsPath: string, interfaces: readonly string[]): () => void {
    const number = this.#nextNumber++;
    this.#pods.set(number, pod);
    return this.programs.attach(number, netnsPath, interfaces);
  }

  /** Fills a batch with rows that are due; returns whether more are. */
  drain(columns: FlowColumns, nowUs: number, _budgetRows: number): boolean {
    this.#batch.begin(columns, nowUs - this.monotonicUs());
    this.#startPasses(nowUs);
    const more = this.#drainSockets();
    return (
      this.#drainPass(this.programs.liveSockets, SocketRow.pod, 0, this.#socketRows) ||
      this.#drainFlows() ||
      more
    );
  }

  #startPasses(nowUs: number): void {
    const window = Math.floor(nowUs / windowUs);
    if (window !== this.#window) {
      this.#window = window;
      this.#lookedUs = nowUs;
      this.programs.liveSockets.start();
      this.programs.startFlowPass(false);
    } else if (nowUs - this.#lookedUs >= newFlowsUs) {
      this.#lookedUs = nowUs;
      this.programs.startFlowPass(true);
    }
  }

  #drainSockets(): boolean {
    const ring = this.programs.socketRows;
    let more = true;
    while (this.#batch.hasRoom()) {
      more = ring.next();
      if (!more) break;
      this.#writeRow(ring.data, ring.offset, SocketRow.pod, 0, this.#socketRows);
    }
    ring.release();
    return more;
  }

  #drainFlows(): boolean {
    const four = this.#drainPass(this.programs.flows4, FlowRow.podProtocol, 8, this.#flowRows);
    return this.#drainPass(this.programs.flows6, FlowRow.podProtocol, 8, this.#flowRows) || four;
  }

  #drainPass(pass: MapPass, podAt: number, podShift: number, rows: SocketRows | FlowRows): boolean {
    while (this.#batch.hasRoom() && pass.next())
      this.#writeRow(pass.data, pass.offset, podAt, podShift, rows);
    return pass.running;
  }

  #writeRow(
    view: DataView,
    offset: number,
    podAt: number,
    podShift: number,
    rows: SocketRows | FlowRows,
  ): void {
    const pod = this.#pods.get(view.getUint32(offset + podAt, true) >>> podShift);
    if (pod) rows.write(view, offset, pod);
    else this.strays++;
  }
}
