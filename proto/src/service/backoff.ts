/** Delays between tries: exponential with full jitter (Brooker, "Exponential Backoff and Jitter", 2015). */
export class Backoff {
  #tries = 0;

  /** @param firstMs upper bound of the first delay  @param mostMs upper bound of all  @param random in [0, 1) */
  constructor(
    readonly firstMs: number,
    readonly mostMs: number,
    readonly random: () => number = Math.random,
  ) {}

  /** The next delay in milliseconds, at least a tenth of its bound so that no loop is hot. */
  next(): number {
    const bound = Math.min(this.mostMs, this.firstMs * 2 ** this.#tries);
    if (bound < this.mostMs) this.#tries++;
    return bound * (0.1 + 0.9 * this.random());
  }

  /** To be called when something worked. */
  reset(): void {
    this.#tries = 0;
  }
}
