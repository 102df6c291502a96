const NONE = 0xffffffff;
/** Tickets repeat after so many; a power of two far above the ring's size. */
const TICKETS = 2 ** 30;

/**
 * Slots with a record that waits for the other end, first in, first out. All wait equally long, so the oldest is
 * due first. What no longer waits is struck out here, so that nobody looks at its slot again. The ring starts small
 * and grows: over its largest size all of it would stay in memory.
 */
export class PendingRing {
  #slots = new Uint32Array(1_024);
  #dueMs = new Float64Array(1_024);
  #mask = 1_023;
  #head = 0;
  #tail = 0;

  /** Position of the next record that begins to wait. */
  get tail(): number {
    return this.#tail;
  }

  /** Every record below it no longer waits. */
  get head(): number {
    return this.#head;
  }

  /** @returns a ticket to strike it out with, never 0, below 2^31 */
  push(slot: number, dueMs: number): number {
    if (this.#tail - this.#head > this.#mask) this.#grow();
    const at = this.#tail & this.#mask;
    this.#slots[at] = slot;
    this.#dueMs[at] = dueMs;
    const ticket = (this.#tail % TICKETS) + 1;
    this.#tail++;
    return ticket;
  }

  /** The record no longer waits. @param ticket what `push` returned */
  strike(ticket: number): void {
    this.#slots[(ticket - 1) & this.#mask] = NONE;
    while (this.#head < this.#tail && this.#slots[this.#head & this.#mask] === NONE) this.#head++;
  }

  /** The slot whose record is due, or -1. It must be struck out before the next call. */
  due(nowMs: number): number {
    if (this.#head === this.#tail) return -1;
    const at = this.#head & this.#mask;
    return this.#dueMs[at]! <= nowMs ? this.#slots[at]! : -1;
  }

  #grow(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    const dueMs = new Float64Array(slots.length);
    const mask = slots.length - 1;
    for (let position = this.#head; position < this.#tail; position++) {
      slots[position & mask] = this.#slots[position & this.#mask]!;
      dueMs[position & mask] = this.#dueMs[position & this.#mask]!;
    }
    this.#slots = slots;
    this.#dueMs = dueMs;
    this.#mask = mask;
  }
}
