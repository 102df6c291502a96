/**
 * Reads a BPF ring buffer from its mapped memory, without a call per record (kernel/bpf/ringbuf.c).
 *
 *   consumer page            producer page            data, mapped twice in a row
 *  ┌──────────────────┐     ┌──────────────────┐     ┌─────────────────────────────────┐
 *  │ u64 consumer_pos │     │ u64 producer_pos │     │ u32 busy·discard·length, u32 pg │ 8 bytes, then
 *  └──────────────────┘     └──────────────────┘     │ the record, padded to 8 bytes   │ the record
 *                                                    └─────────────────────────────────┘
 * Positions only grow; position mod size is the place. A record whose busy bit is set is still being written.
 * `next` moves to a record, `release` gives the kernel back what was read.
 */
export class RingReader {
  /** The data; a record never breaks at its end. */
  readonly data: DataView;
  /** Of the record that next() found. */
  offset = 0;
  length = 0;
  readonly #consumer: BigUint64Array;
  readonly #producer: BigUint64Array;
  readonly #headers: Int32Array;
  readonly #mask: number;
  #position: number;
  #end = 0;

  /** @param size bytes of the ring, a power of two  @param page bytes of a page */
  constructor(consumer: ArrayBuffer, producer: ArrayBuffer, size: number, page: number) {
    this.#consumer = new BigUint64Array(consumer, 0, 1);
    this.#producer = new BigUint64Array(producer, 0, 1);
    this.#headers = new Int32Array(producer, page, (2 * size) >> 2);
    this.data = new DataView(producer, page, 2 * size);
    this.#mask = size - 1;
    this.#position = Number(this.#consumer[0]!);
  }

  /** Moves to the next record; false when there is none (yet). */
  next(): boolean {
    for (;;) {
      if (this.#position >= this.#end) {
        this.#end = Number(Atomics.load(this.#producer, 0));
        if (this.#position >= this.#end) return false;
      }
      const at = this.#position & this.#mask;
      const header = Atomics.load(this.#headers, at >> 2);
      if (header < 0) return false;
      this.offset = at + HEADER_BYTES;
      this.length = header & LENGTH;
      this.#position += (HEADER_BYTES + this.length + 7) & ~7;
      if ((header & DISCARDED) === 0) return true;
    }
  }

  /** Gives the space of everything read so far back to the kernel. */
  release(): void {
    Atomics.store(this.#consumer, 0, BigInt(this.#position));
  }
}

const HEADER_BYTES = 8;
const DISCARDED = 1 << 30;
const LENGTH = DISCARDED - 1;
