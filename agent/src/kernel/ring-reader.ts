/**
 * Reads a BPF ring buffer from its mapped memory, without a call per record (kernel/bpf/ringbuf.c).
 *
 *   consumer page            producer page            data, mapped twice in a row
 *  ┌──────────────────┐     ┌──────────────────┐     ┌────────────────────────────────┐
 *  │ u64 consumer_pos │     │ u64 producer_pos │     │ u32 len·busy·discard, u32 pgoff │ 8 bytes, then
 *  └──────────────────┘     └──────────────────┘     │ the record, padded to 8 bytes   │ the record
 *                                                    └────────────────────────────────┘
 * Positions only grow; position mod size is the place. A record whose busy bit is set is still being written.
 */
export class RingReader {
  readonly #consumer: BigUint64Array;
  readonly #producer: BigUint64Array;
  readonly #lengths: Int32Array;
  readonly #mask: number;
  readonly data: DataView;

  /** @param size bytes of the ring, a power of two  @param page bytes of a page */
  constructor(consumer: ArrayBuffer, producer: ArrayBuffer, size: number, page: number) {
    this.#consumer = new BigUint64Array(consumer, 0, 1);
    this.#producer = new BigUint64Array(producer, 0, 1);
    this.#lengths = new Int32Array(producer, page, (2 * size) >> 2);
    this.data = new DataView(producer, page, 2 * size);
    this.#mask = size - 1;
  }

  /**
   * Hands out the records that are there, oldest first, at most `most` of them.
   *
   * @param take gets the offset of a record in `data` and its length
   * @returns how many were handed out
   */
  read(take: (offset: number, length: number) => void, most: number): number {
    let position = Number(this.#consumer[0]!);
    const end = Number(Atomics.load(this.#producer, 0));
    let records = 0;
    while (position < end && records < most) {
      const at = position & this.#mask;
      const header = Atomics.load(this.#lengths, at >> 2);
      if (header < 0) break;
      const length = header & LENGTH;
      if ((header & DISCARDED) === 0) {
        take(at + HEADER_BYTES, length);
        records++;
      }
      position += (HEADER_BYTES + length + 7) & ~7;
    }
    Atomics.store(this.#consumer, 0, BigInt(position));
    return records;
  }
}

const HEADER_BYTES = 8;
const DISCARDED = 1 << 30;
const LENGTH = DISCARDED - 1;
