import { encodeFlowBatch, FlowColumns } from '@snoopy/proto';
import type { BatchRing } from './batch-ring.js';
import type { LossCounter } from './loss-counter.js';

/** Rows of one batch; fewer cost the aggregator more for each, more gain little (FACTS: 100-row batches nearly double its CPU). */
export const batchRows = 1_000;

/** What the batcher needs of the flow table. */
export interface RowSource {
  drain(columns: FlowColumns, nowUs: number, budgetRows: number): boolean;
}

/** Numbers the rows that are due, encodes them and puts them into the ring. */
export class FlowBatcher {
  /** Number of the next row: rows made so far. */
  sequence = 0;

  readonly #columns = new FlowColumns(batchRows);
  #serial = 0;

  /** @param epoch start of the agent, microseconds since 1970 */
  constructor(
    readonly source: RowSource,
    readonly ring: BatchRing,
    readonly losses: LossCounter,
    readonly epoch: number,
  ) {}

  /** Makes at most one batch. Returns whether more rows are due. */
  drain(nowUs: number): boolean {
    const more = this.source.drain(this.#columns, nowUs, batchRows);
    if (this.#columns.rows > 0) this.#append();
    return more;
  }

  /** A batch without rows, if there are losses that no batch has told yet: the last thing before the end. */
  tellLosses(): void {
    if (!this.losses.pending) return;
    this.#columns.clear();
    this.#append();
  }

  #append(): void {
    const lost = this.losses.takePending();
    const first = this.sequence;
    const rows = this.#columns.rows;
    this.sequence += rows;
    const serial = ++this.#serial;
    const bytes = encodeFlowBatch({ epoch: this.epoch, firstSequence: first, serial, lost }, this.#columns);
    this.ring.append({ first, rows, bytes, lost });
  }
}
