/** A first-in first-out queue of small integers in a fixed ring. */
export class IndexQueue {
  readonly #ring: Int32Array;
  #head = 0;
  #length = 0;

  constructor(readonly capacity: number) {
    this.#ring = new Int32Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** The caller sees to it that there is room: each number stands in the queue at most once. */
  push(value: number): void {
    let tail = this.#head + this.#length;
    if (tail >= this.capacity) tail -= this.capacity;
    this.#ring[tail] = value;
    this.#length++;
  }

  /** The next value to be shifted; the queue must not be empty. */
  peek(): number {
    return this.#ring[this.#head]!;
  }

  shift(): number {
    const value = this.#ring[this.#head]!;
    if (++this.#head === this.capacity) this.#head = 0;
    this.#length--;
    return value;
  }
}
