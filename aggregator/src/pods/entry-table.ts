import type { PodEntry } from './pod-entry.js';

/** Entries by id, and when they changed. */
export class EntryTable {
  /** Grows with every change of an entry, and of what an address is called. */
  generation = 1;
  readonly #entries: (PodEntry | undefined)[] = [];
  readonly #changed: number[] = [];

  get(id: number): PodEntry | undefined {
    return this.#entries[id];
  }

  /** The generation in which the entry of an id changed last. */
  changedIn(id: number): number {
    return this.#changed[id] ?? 0;
  }

  add(entry: Omit<PodEntry, 'id'>): PodEntry {
    return this.set(this.#entries.length, entry);
  }

  set(id: number, entry: Omit<PodEntry, 'id'>): PodEntry {
    const now: PodEntry = { id, ...entry };
    this.#entries[id] = now;
    this.#changed[id] = ++this.generation;
    return now;
  }

  drop(id: number): void {
    this.#entries[id] = undefined;
    this.generation++;
  }
}

/** An entry that is no pod's. */
export function placeEntry(
  fields: Pick<PodEntry, 'kind' | 'workload'> & Partial<PodEntry>,
): Omit<PodEntry, 'id'> {
  return { uid: '', namespace: '', name: '', labels: {}, ips: [], node: '', watched: false, ...fields };
}
