import type { Deliveries } from './deliveries.js';

/** Readers that do not keep up hold back an acknowledgement at most so long. */
export const ACK_BOUND_MS = 1_000;

/** Where the merge is with records that wait for their other end. */
export interface Waiting {
  readonly waitingTail: number;
  readonly waitingHead: number;
}

interface Mark {
  readonly sequence: number;
  /** All of the batch's rows that had to wait were let in below this. */
  readonly tail: number;
  /** Flows below this hold them; -1 while some still wait. */
  position: number;
  leftMs: number;
}

/**
 * Finds out up to which row a run's records have left the merge towards every reader: first out of the waiting room,
 * then out of the sockets of those who read.
 */
export class AckMarks {
  readonly #marks: Mark[] = [];

  /** Rows below `sequence` have just been merged. */
  note(sequence: number, waiting: Waiting): void {
    const last = this.#marks.at(-1);
    if (last && last.sequence === sequence) return;
    this.#marks.push({ sequence, tail: waiting.waitingTail, position: -1, leftMs: 0 });
  }

  get pending(): number {
    return this.#marks.length;
  }

  /** @returns every row below it can be acknowledged now; -1: nothing new */
  ready(waiting: Waiting, deliveries: Deliveries, nowMs: number): number {
    let sequence = -1;
    let done = 0;
    for (const mark of this.#marks) {
      if (mark.position < 0) {
        if (waiting.waitingHead < mark.tail) break;
        mark.position = deliveries.position();
        mark.leftMs = nowMs;
      }
      if (deliveries.flushedPosition() < mark.position && nowMs - mark.leftMs < ACK_BOUND_MS) break;
      sequence = mark.sequence;
      done++;
    }
    if (done > 0) this.#marks.splice(0, done);
    return sequence;
  }
}
