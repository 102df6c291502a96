import type { LossMessage } from '@snoopy/proto';

/** A batch on its way: its bytes on the wire and the rows they hold. */
export interface Batch {
  /** Number of the first row; of the next row to come when there are none. */
  readonly first: number;
  readonly rows: number;
  readonly bytes: Buffer;
  /** What the batch tells about losses; to be told again if it is lost itself. */
  readonly lost: readonly LossMessage[];
}

interface Kept extends Batch {
  sent: boolean;
}

/** What a batch takes besides its bytes. */
const overheadBytes = 256;

/**
 * Batches from the moment they are made until they are acknowledged, bounded in bytes. What does not fit any more makes
 * room in one way only: the oldest batch that was never sent goes, which may be the new one. A batch that was sent
 * stays, because nobody here can know whether it has arrived: only so the number of lost rows is exact.
 *
 *   oldest … sent, not acknowledged … | cursor: next to send … newest
 */
export class BatchRing {
  /** Rows that were acknowledged. */
  delivered = 0;
  /** Rows that had to go. */
  lost = 0;

  #batches: Kept[] = [];
  /** Index of the next batch to send. */
  #cursor = 0;
  #bytes = 0;
  #rows = 0;

  /** @param limitBytes bound of everything in here  @param onLost gets every batch that had to go */
  constructor(
    readonly limitBytes: number,
    readonly onLost: (batch: Batch) => void,
  ) {}

  get bytes(): number {
    return this.#bytes;
  }

  /** Rows in here. */
  get rows(): number {
    return this.#rows;
  }

  get batches(): number {
    return this.#batches.length;
  }

  /** Number of the oldest row in here, if any. */
  get oldest(): number | undefined {
    return this.#batches[0]?.first;
  }

  append(batch: Batch): void {
    this.#batches.push({ ...batch, sent: false });
    this.#bytes += sizeOf(batch);
    this.#rows += batch.rows;
    while (this.#bytes > this.limitBytes) this.#dropOldestUnsent();
  }

  /** The next batch to send, which then counts as sent; undefined when all are. */
  next(): Batch | undefined {
    const batch = this.#batches[this.#cursor];
    if (!batch) return undefined;
    this.#cursor++;
    batch.sent = true;
    return batch;
  }

  get hasNext(): boolean {
    return this.#cursor < this.#batches.length;
  }

  /** A new stream: everything in here is to be sent, again or for the first time. */
  rewind(): void {
    this.#cursor = 0;
  }

  /** Every row below `sequence` has arrived. What was never sent cannot have, whatever the other side says. */
  acknowledge(sequence: number): void {
    let count = 0;
    for (const batch of this.#batches) {
      if (!batch.sent || batch.first + batch.rows > sequence) break;
      this.delivered += batch.rows;
      this.#forget(batch);
      count++;
    }
    this.#batches.splice(0, count);
    this.#cursor = Math.max(0, this.#cursor - count);
  }

  #dropOldestUnsent(): void {
    const index = this.#firstUnsent();
    const [batch] = this.#batches.splice(index, 1);
    if (index < this.#cursor) this.#cursor--;
    this.#forget(batch!);
    this.lost += batch!.rows;
    this.onLost(batch!);
  }

  /** Batches that were sent come first: they were appended, and sent, in order. */
  #firstUnsent(): number {
    let low = 0;
    let high = this.#batches.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#batches[middle]!.sent) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #forget(batch: Batch): void {
    this.#bytes -= sizeOf(batch);
    this.#rows -= batch.rows;
  }
}

function sizeOf(batch: Batch): number {
  return batch.bytes.byteLength + overheadBytes;
}
