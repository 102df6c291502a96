import { type Chunk, PacketInput, type TimeBase } from './packet-input.js';

export interface MergeWindow {
  /** How long a packet waits for earlier ones of other inputs, milliseconds. */
  readonly waitMs: number;
  /** How much may wait; above it the earliest packets leave without waiting and the inputs are held back. */
  readonly bytes: number;
}

interface Arrival {
  readonly atMs: number;
  readonly latestNs: number;
}

/**
 * k-way merge of packet streams by corrected time, with a window bounded in time and bytes.
 *
 * The earliest packet leaves when every live input has one to compare it with, or when it, or one that must come
 * after it, has waited for `waitMs`, or when more than `bytes` wait. A packet that comes later than that leaves at
 * once, out of order, and is counted in `late`; none is dropped. Inputs are held back through the `done` of their
 * chunks while more than `bytes` wait.
 */
export class OrderedMerge {
  /** Packets that left after one with a later time. */
  late = 0;
  waitingBytes = 0;

  /** A binary heap of the inputs that are not empty, earliest head first. */
  readonly #heap: PacketInput[] = [];
  readonly #held: (() => void)[] = [];
  /** Chunks in order of arrival that have not waited long enough yet. */
  #arrivals: Arrival[] = [];
  #passed = 0;
  /** Packets up to here have waited long enough. */
  #dueNs = Number.NEGATIVE_INFINITY;
  #lastNs = Number.NEGATIVE_INFINITY;
  #inputs = 0;
  /** Live inputs that have nothing to compare with. */
  #silent = 0;
  #flushing = false;

  constructor(readonly window: MergeWindow) {}

  /** A new input. */
  open(time: TimeBase): PacketInput {
    this.#silent++;
    return new PacketInput(this.#inputs++, time);
  }

  /** Nothing more will come from this input; what waits still leaves. */
  end(input: PacketInput): void {
    if (input.ended) return;
    input.ended = true;
    if (input.empty) this.#silent--;
  }

  /** An input that ended goes on (its agent came back). */
  reopen(input: PacketInput): void {
    if (!input.ended) return;
    input.ended = false;
    if (input.empty) this.#silent++;
  }

  /** Takes a chunk. `done` is called when there is room for more. */
  push(input: PacketInput, chunk: Chunk, nowMs: number, done: () => void): void {
    if (chunk.packets === 0) {
      done();
      return;
    }
    const wasEmpty = input.empty;
    input.push(chunk);
    this.waitingBytes += chunk.cost;
    this.#arrivals.push({ atMs: nowMs, latestNs: chunk.latestNs });
    if (wasEmpty) {
      if (!input.ended) this.#silent--;
      this.#up(input, this.#heap.length);
    }
    if (this.full) this.#held.push(done);
    else done();
  }

  /** From now on nothing waits. */
  flush(): void {
    this.#flushing = true;
  }

  /** Everything whose arrival is `waitMs` ago may leave; to be called before a series of `next`. */
  advance(nowMs: number): void {
    while (this.#passed < this.#arrivals.length) {
      const arrival = this.#arrivals[this.#passed]!;
      if (arrival.atMs > nowMs - this.window.waitMs) break;
      if (arrival.latestNs > this.#dueNs) this.#dueNs = arrival.latestNs;
      this.#passed++;
    }
    if (this.#passed > 1_024 || this.#passed === this.#arrivals.length) {
      this.#arrivals = this.#arrivals.slice(this.#passed);
      this.#passed = 0;
    }
  }

  /** The input whose head is to leave now; `shift` it before the next call. */
  next(): PacketInput | undefined {
    const head = this.#heap[0];
    if (!head) return undefined;
    const due = this.#flushing || this.#silent === 0 || head.headNs <= this.#dueNs;
    return due || this.full ? head : undefined;
  }

  /** Lets the head that `next` gave go. */
  shift(): void {
    const head = this.#heap[0]!;
    if (head.headNs < this.#lastNs) this.late++;
    else this.#lastNs = head.headNs;
    const used = head.advance();
    if (head.empty) {
      if (!head.ended) this.#silent++;
      this.#removeFirst();
    } else this.#down(0, head);
    if (used) this.#release(used);
  }

  /** Lets the inputs go on though there is no room for more; what they send now is up to the caller. */
  releaseHeld(): void {
    for (const done of this.#held.splice(0)) done();
  }

  get full(): boolean {
    return this.waitingBytes > this.window.bytes;
  }

  /** Drops everything that waits and lets every input go on; returns the packets dropped. */
  clear(): number {
    let packets = 0;
    for (let head = this.#heap[0]; head; head = this.#heap[0]) {
      packets++;
      this.shift();
    }
    return packets;
  }

  #release(chunk: Chunk): void {
    this.waitingBytes -= chunk.cost;
    while (this.#held.length > 0 && !this.full) this.#held.shift()!();
  }

  #removeFirst(): void {
    const last = this.#heap.pop()!;
    if (this.#heap.length > 0) this.#down(0, last);
  }

  #up(input: PacketInput, from: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!before(input, this.#heap[parent]!)) break;
      this.#heap[place] = this.#heap[parent]!;
      place = parent;
    }
    this.#heap[place] = input;
  }

  #down(from: number, input: PacketInput): void {
    const { length } = this.#heap;
    let place = from;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= length) break;
      if (child + 1 < length && before(this.#heap[child + 1]!, this.#heap[child]!)) child++;
      if (!before(this.#heap[child]!, input)) break;
      this.#heap[place] = this.#heap[child]!;
      place = child;
    }
    this.#heap[place] = input;
  }
}

function before(a: PacketInput, b: PacketInput): boolean {
  return a.headNs < b.headNs || (a.headNs === b.headNs && a.id < b.id);
}
