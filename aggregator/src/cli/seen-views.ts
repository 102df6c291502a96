import type { Flow } from '@snoopy/proto';

/** Source records that are remembered at least: some minutes at a thousand flows a second, about 10 MB. */
const REMEMBERED = 131_072;

type Generation = Map<string, Set<number>>;

/**
 * Which source records were shown, so that a reconnect shows none twice. (agent, epoch, sequence) names a record for
 * ever. Two generations: when the younger one is full, the older one is forgotten.
 */
export class SeenViews {
  #young: Generation = new Map();
  #old: Generation = new Map();
  #count = 0;

  constructor(readonly remembered = REMEMBERED) {}

  /** Remembers a flow's records. True when all of them had been seen. */
  repeats(flow: Flow): boolean {
    let repeated = flow.views.length > 0;
    for (const { agent, epoch, sequence } of flow.views) {
      const source = `${epoch} ${agent}`;
      if (this.#young.get(source)?.has(sequence) || this.#old.get(source)?.has(sequence)) continue;
      repeated = false;
      this.#remember(source, sequence);
    }
    return repeated;
  }

  #remember(source: string, sequence: number): void {
    if (this.#count === this.remembered) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#count = 0;
    }
    const sequences = this.#young.get(source);
    if (sequences) sequences.add(sequence);
    else this.#young.set(source, new Set([sequence]));
    this.#count++;
  }
}
