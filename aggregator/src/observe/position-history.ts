/** Where the ring's position was at times in the past, in steps of a tick. */
export class PositionHistory {
  readonly #times: Float64Array;
  readonly #positions: Float64Array;
  #notes = 0;

  /** @param steps how many notes are kept */
  constructor(readonly steps: number) {
    this.#times = new Float64Array(steps);
    this.#positions = new Float64Array(steps);
  }

  note(nowMs: number, position: number): void {
    const at = this.#notes++ % this.steps;
    this.#times[at] = nowMs;
    this.#positions[at] = position;
  }

  /** The position at `timeMs`, at most a tick later; 0 when nothing is as old. */
  at(timeMs: number): number {
    let found = 0;
    for (let i = Math.max(0, this.#notes - this.steps); i < this.#notes; i++) {
      if (this.#times[i % this.steps]! > timeMs) break;
      found = this.#positions[i % this.steps]!;
    }
    return found;
  }

  /** Positions per second over the notes that are kept, 0 with fewer than two. */
  rate(): number {
    if (this.#notes < 2) return 0;
    const last = (this.#notes - 1) % this.steps;
    const first = Math.max(0, this.#notes - this.steps) % this.steps;
    const seconds = (this.#times[last]! - this.#times[first]!) / 1_000;
    return seconds > 0 ? (this.#positions[last]! - this.#positions[first]!) / seconds : 0;
  }
}
