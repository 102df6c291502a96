/** The last bytes of a stream. */
export class StreamTail {
  readonly #bytes: Uint8Array;
  #length = 0;

  /** @param capacity how many bytes are kept */
  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** What is kept, as a view that the next push() changes. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  push(chunk: Uint8Array): void {
    const capacity = this.#bytes.length;
    if (chunk.length >= capacity) {
      this.#bytes.set(chunk.subarray(chunk.length - capacity));
      this.#length = capacity;
      return;
    }
    const keep = Math.min(this.#length, capacity - chunk.length);
    this.#bytes.copyWithin(0, this.#length - keep, this.#length);
    this.#bytes.set(chunk, keep);
    this.#length = keep + chunk.length;
  }
}
