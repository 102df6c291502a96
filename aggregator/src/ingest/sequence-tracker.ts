import type { FlowBatchHeader, LossMessage } from '@snoopy/proto';

/** A gap that no loss has explained after this is one of its own, milliseconds. */
export const EXPLAIN_MS = 30_000;

/** What to do with a batch. */
export interface BatchVerdict {
  /** Rows at its start that were taken before. */
  readonly repeated: number;
  /** Rows that are missing before it. */
  readonly gap: number;
  /** What it tells about losses, unless that was told before. */
  readonly lost: readonly LossMessage[];
}

/**
 * Tells repeats and gaps by sequence number, never by time. One run of one agent.
 *
 * Rows that the agent's own ring dropped are a gap here and a loss there, and the two come in any order: the loss is
 * told in the next batch that is made, which stands behind all that were made before the ring was full.
 */
export class SequenceTracker {
  /** The latest batch. Batches without rows have no sequence number of their own to know a repeat by. */
  #serial = 0;
  /** Rows that are missing and not explained, or, below zero, explained and not missing yet. */
  #open = 0;
  #openSinceMs = 0;

  /** @param next number of the next row that is expected */
  constructor(public next: number) {}

  accept(header: FlowBatchHeader, rows: number, nowMs: number): BatchVerdict {
    const { firstSequence: first } = header;
    const gap = Math.max(0, first - this.next);
    const repeated = Math.min(rows, Math.max(0, this.next - first));
    const serial = header.serial ?? 0;
    const isRepeat =
      rows > 0 ? repeated === rows : first < this.next || (serial !== 0 && serial <= this.#serial);
    const lost = isRepeat ? [] : header.lost;
    this.next = Math.max(this.next, first + rows);
    this.#serial = Math.max(this.#serial, serial);
    const change = gap - rowsLost(lost);
    if (change !== 0) this.#openSinceMs = nowMs;
    this.#open += change;
    return { repeated, gap, lost };
  }

  /** Rows that are missing and will not be explained any more; each is returned once. */
  unexplained(nowMs: number): number {
    if (this.#open === 0 || nowMs - this.#openSinceMs < EXPLAIN_MS) return 0;
    const rows = Math.max(0, this.#open);
    this.#open = 0;
    return rows;
  }
}

/** Rows that the agent's own ring had to drop. */
function rowsLost(lost: readonly LossMessage[]): number {
  let rows = 0;
  for (const { stage, unit, count } of lost) {
    if (stage === 'uplink' && unit === 'LOSS_UNIT_RECORDS') rows += Number(count);
  }
  return rows;
}
