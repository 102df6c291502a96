const SECONDS = 10;

/** Events per second over the last ten whole seconds. */
export class Rate {
  readonly #counts = new Float64Array(SECONDS);
  #second = -1;

  add(count: number, nowMs: number): void {
    this.#advance(nowMs);
    this.#counts[this.#second % SECONDS]! += count;
  }

  perSecond(nowMs: number): number {
    this.#advance(nowMs);
    let sum = 0;
    for (let i = 1; i < SECONDS; i++) sum += this.#counts[(this.#second + i) % SECONDS]!;
    return sum / (SECONDS - 1);
  }

  #advance(nowMs: number): void {
    const second = Math.floor(nowMs / 1_000);
    if (this.#second < second - SECONDS) this.#second = second - SECONDS;
    while (this.#second < second) this.#counts[++this.#second % SECONDS] = 0;
  }
}
