import type { Flow } from '@snoopy/proto';
import { type Grouping, Tally } from './tally.js';

const SLICES = 10;

/** A tally over the last so many seconds, in ten slices. */
export class SlidingTally {
  readonly #slices: { readonly number: number; readonly tally: Tally }[] = [];
  readonly #sliceMs: number;
  #beganMs = Number.NaN;

  constructor(
    readonly by: Grouping,
    readonly windowSeconds: number,
  ) {
    this.#sliceMs = (windowSeconds * 1_000) / SLICES;
  }

  add(flow: Flow, nowMs: number): void {
    this.#drop(nowMs);
    const number = Math.floor(nowMs / this.#sliceMs);
    let slice = this.#slices.at(-1);
    if (slice?.number !== number) {
      slice = { number, tally: new Tally(this.by) };
      this.#slices.push(slice);
    }
    slice.tally.add(flow);
  }

  /** To be called when watching begins: rates are not taken over time that nobody watched. */
  begin(nowMs: number): void {
    this.#beganMs = nowMs;
  }

  /** What the sum is over, seconds. */
  seconds(nowMs: number): number {
    const watched = (nowMs - this.#beganMs) / 1_000;
    return watched > 0 && watched < this.windowSeconds ? watched : this.windowSeconds;
  }

  sum(nowMs: number): Tally {
    this.#drop(nowMs);
    const sum = new Tally(this.by);
    for (const { tally } of this.#slices) sum.merge(tally);
    return sum;
  }

  #drop(nowMs: number): void {
    const oldest = Math.floor(nowMs / this.#sliceMs) - SLICES;
    while (this.#slices.length > 0 && this.#slices[0]!.number < oldest) this.#slices.shift();
  }
}
