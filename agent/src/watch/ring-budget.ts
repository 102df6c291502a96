/** The memory of all packet rings of the node (DESIGN, law 2): what is given out never exceeds the total. */
export class RingBudget {
  #takenKiB = 0;
  #rings = 0;

  constructor(readonly totalKiB: number) {}

  get freeKiB(): number {
    return this.totalKiB - this.#takenKiB;
  }

  /** Rings that are given out. */
  get rings(): number {
    return this.#rings;
  }

  /**
   * Takes a ring. Returns what gives it back (once; calls after the first do nothing), or undefined when it does not
   * fit.
   */
  take(kib: number): (() => void) | undefined {
    if (kib > this.freeKiB) return undefined;
    this.#takenKiB += kib;
    this.#rings++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#takenKiB -= kib;
      this.#rings--;
    };
  }
}
