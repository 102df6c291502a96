import type { Bell } from '../watch/flow-engine.js';

/** What the bell needs of C (poll(2), eventfd(2)). */
export interface BellCalls {
  /** Calls `done` when one of the descriptors can be read, or after `ms`. */
  poll(fds: readonly number[], ms: number, done: () => void): void;
  eventfd(): number;
  /** Makes an eventfd readable. */
  signal(eventfd: number): void;
  close(fd: number): void;
}

/**
 * Waits until the kernel has put something into a ring. Node's event loop cannot look at such descriptors, so that one
 * of its pool's threads waits in poll(2); the kernel rings when a record comes into a ring whose reader has taken all
 * before it, which costs a busy node nothing.
 */
export class RingBell implements Bell {
  readonly #end: number;
  #waits = false;
  #ended = false;

  constructor(
    private readonly calls: BellCalls,
    private readonly rings: readonly number[],
  ) {
    this.#end = calls.eventfd();
  }

  wait(ms: number, done: () => void): void {
    this.#waits = true;
    this.calls.poll([...this.rings, this.#end], ms, () => {
      this.#waits = false;
      if (this.#ended) this.calls.close(this.#end);
      done();
    });
  }

  /** Whoever waits is woken up: the rings may be closed now, and the process may end. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#waits) this.calls.signal(this.#end);
    else this.calls.close(this.#end);
  }
}
