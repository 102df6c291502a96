/** Slots of the programs' map `pod_slots` (agent/bpf/kernel.h, POD_SLOTS); slot 0 stays free. */
const SLOTS = 1_024;
const SLOT_BITS = 10;
const GENERATIONS = 1 << 14;

/** Pods that can be watched at once; those that have just ended still hold their numbers. */
export const MOST_PODS = SLOTS - 1;

/** What the programs' map `pods` says besides the number. */
export const PodFlag = { loopback: 1 << 30, adopted: 1 << 31 } as const;

/**
 * What the programs call pods: 24 bits, slot and generation, so that a number does not come back soon. It stays taken
 * until nothing in the kernel can have it any more.
 */
export class PodNumbers {
  readonly #generations = new Uint16Array(SLOTS);
  readonly #taken = new Uint8Array(SLOTS);
  #next = 1;
  #free = MOST_PODS;

  get free(): number {
    return this.#free;
  }

  /** A free number; undefined when all are taken. */
  take(): number | undefined {
    if (this.#free === 0) return undefined;
    while (this.#taken[this.#next] === 1 || this.#next === 0) this.#next = (this.#next + 1) % SLOTS;
    const slot = this.#next;
    this.#next = (slot + 1) % SLOTS;
    this.#taken[slot] = 1;
    this.#free--;
    const generation = this.#generations[slot]!;
    this.#generations[slot] = (generation + 1) % GENERATIONS;
    return (generation << SLOT_BITS) | slot;
  }

  give(number: number): void {
    this.#taken[slotOf(number)] = 0;
    this.#free++;
  }
}

/** Index into `pod_slots`. */
export function slotOf(number: number): number {
  return number & (SLOTS - 1);
}
