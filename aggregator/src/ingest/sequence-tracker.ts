import type { FlowBatchHeader, LossMessage } from '@snoopy/proto';

/** What to do with a batch. */
export interface BatchVerdict {
  /** Rows at its start that were taken before. */
  readonly repeated: number;
  /** Rows that are missing before it and that no loss explains. */
  readonly unexplained: number;
  /** Rows that are missing before it. */
  readonly gap: number;
  /** What it tells about losses, unless that was told before. */
  readonly lost: readonly LossMessage[];
}

/** Tells repeats and gaps by sequence number, never by time. One run of one agent. */
export class SequenceTracker {
  /** Of the last batch without rows: it has no number of its own to know a repeat by. */
  #lastEmpty = '';

  /** @param next number of the next row that is expected */
  constructor(public next: number) {}

  accept(header: FlowBatchHeader, rows: number): BatchVerdict {
    const { firstSequence: first } = header;
    const gap = Math.max(0, first - this.next);
    const repeated = Math.min(rows, Math.max(0, this.next - first));
    const isRepeat = rows > 0 ? repeated === rows : this.#isRepeatedEmpty(header);
    const lost = isRepeat ? [] : header.lost;
    this.next = Math.max(this.next, first + rows);
    return { repeated, gap, lost, unexplained: Math.max(0, gap - rowsLost(lost)) };
  }

  #isRepeatedEmpty(header: FlowBatchHeader): boolean {
    if (header.firstSequence < this.next) return true;
    const key = JSON.stringify([header.firstSequence, header.lost]);
    if (header.lost.length > 0 && key === this.#lastEmpty) return true;
    this.#lastEmpty = key;
    return false;
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
