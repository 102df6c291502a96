/**
 * Reads a BPF ring buffer from its mapped memory, without a call per record (kernel/bpf/ringbuf.c).
 *
 *   consumer page            producer page            data
 *  ┌──────────────────┐     ┌──────────────────┐     ┌─────────────────────────────────┐
 *  │ u64 consumer_pos │     │ u64 producer_pos │     │ u32 busy·discard·length, u32 pg │ 8 bytes, then
 *  └──────────────────┘     └──────────────────┘     │ the record, padded to 8 bytes   │ the record
 *                                                    └─────────────────────────────────┘
 * Positions only grow; position mod size is the place. A record whose busy bit is set is still being written.
 * `next` moves to a record, `release` gives the kernel back what was read. The data could be mapped twice in a row, so
 * that no record breaks at the end; but then it would count twice as memory of this process.
 */
export class RingReader {
  /** Where the record is that next() found: the ring itself, or a copy of the one that breaks at its end. */
  data: DataView;
  offset = 0;
  length = 0;
  /** Found so far. */
  records = 0;
  readonly #consumer: BigUint64Array;
  readonly #producer: BigUint64Array;
  readonly #headers: Int32Array;
  readonly #ring: DataView;
  readonly #broken = new DataView(new ArrayBuffer(BROKEN_BYTES));
  readonly #mask: number;
  #position: number;
  #end = 0;

  /** @param size bytes of the ring, a power of two  @param page bytes of a page */
  constructor(consumer: ArrayBuffer, producer: ArrayBuffer, size: number, page: number) {
    this.#consumer = new BigUint64Array(consumer, 0, 1);
    this.#producer = new BigUint64Array(producer, 0, 1);
    this.#headers = new Int32Array(producer, page, size >> 2);
    this.#ring = new DataView(producer, page, size);
    this.data = this.#ring;
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
      this.length = header & LENGTH;
      this.#position += (HEADER_BYTES + this.length + 7) & ~7;
      if ((header & DISCARDED) !== 0) continue;
      this.records++;
      this.#find(at + HEADER_BYTES);
      return true;
    }
  }

  #find(start: number): void {
    const first = this.#mask + 1 - start;
    const breaks = first < this.length;
    this.data = breaks ? this.#broken : this.#ring;
    this.offset = breaks ? 0 : start;
    if (!breaks) return;
    const { buffer, byteOffset } = this.#ring;
    const copy = new Uint8Array(this.#broken.buffer);
    copy.set(new Uint8Array(buffer, byteOffset + start, first));
    copy.set(new Uint8Array(buffer, byteOffset, this.length - first), first);
  }

  /** Gives the space of everything read so far back to the kernel. */
  release(): void {
    Atomics.store(this.#consumer, 0, BigInt(this.#position));
  }
}

const HEADER_BYTES = 8;
/** More than the longest record (copied-frame.ts). */
const BROKEN_BYTES = 4_096;
const DISCARDED = 1 << 30;
const LENGTH = DISCARDED - 1;
