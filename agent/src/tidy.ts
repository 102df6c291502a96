import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** A collection takes some 20 ms: only for so much that may be garbage. */
const worthBytes = 6 << 20;

/**
 * Memory given back while nothing happens. V8 collects when much is allocated; a process that loaded and started and
 * then rests keeps for ever what that took, which is as much again as what lives.
 */
export class Tidy {
  readonly #collect: () => void;
  #livesBytes = 0;

  /** @param trim gives back what C's allocator holds */
  constructor(private readonly trim: () => void) {
    setFlagsFromString('--expose-gc');
    this.#collect = runInNewContext('gc') as () => void;
    setFlagsFromString('--no-expose-gc');
  }

  /** To be called now and then, when there is nothing to do. */
  rest(): void {
    if (process.memoryUsage().heapUsed < this.#livesBytes + worthBytes) return;
    this.#collect();
    this.trim();
    this.#livesBytes = process.memoryUsage().heapUsed;
  }
}
