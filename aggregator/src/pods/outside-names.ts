import type { AddressKey } from './address-key.js';
import { type EntryTable, placeEntry } from './entry-table.js';

/** Half of what is remembered: so many answers, names, and names of one pod. */
const MOST_ANSWERS = 32_768;
const MOST_NAMES = 8_192;
const MOST_OF_A_POD = 512;

/** What was learnt lately. */
interface Half {
  /** Id of the name, by pod and address. */
  readonly answers: Map<AddressKey, number>;
  readonly names: Map<string, number>;
  readonly perPod: Map<number, number>;
}

const emptyHalf = (): Half => ({ answers: new Map(), names: new Map(), perPod: new Map() });

/**
 * Outside addresses by the DNS answers that pods got: the name that a pod asked for last, when the answer held the
 * address. Kept for each pod apart, since one address serves many names. When half of the room is full the other half
 * is forgotten; what was used since is in both.
 */
export class OutsideNames {
  #young = emptyHalf();
  #old = emptyHalf();

  constructor(readonly entries: EntryTable) {}

  /** @param pod its id */
  learn(pod: number, address: AddressKey, name: string): void {
    const key = keyOf(pod, address);
    const known = this.#young.answers.get(key);
    if (known !== undefined && this.entries.get(known)?.workload === name) return;
    const id = this.#idOf(pod, name);
    if (id === undefined) return;
    if (this.#young.answers.size >= MOST_ANSWERS) this.#turn();
    this.#young.answers.set(key, id);
  }

  /** @returns the entry's id, -1: no name is known */
  at(pod: number, address: AddressKey): number {
    const key = keyOf(pod, address);
    return this.#young.answers.get(key) ?? this.#old.answers.get(key) ?? -1;
  }

  #idOf(pod: number, name: string): number | undefined {
    const known = this.#young.names.get(name);
    if (known !== undefined) return known;
    const count = this.#young.perPod.get(pod) ?? 0;
    if (count >= MOST_OF_A_POD) return undefined;
    if (this.#young.names.size >= MOST_NAMES) this.#turn();
    this.#young.perPod.set(pod, count + 1);
    const id = this.#old.names.get(name) ?? this.#add(name);
    this.#young.names.set(name, id);
    return id;
  }

  /** A new name changes nothing that was told before, so the generation stays. */
  #add(name: string): number {
    const { generation } = this.entries;
    const { id } = this.entries.add(placeEntry({ kind: 'name', workload: name }));
    this.entries.generation = generation;
    return id;
  }

  #turn(): void {
    for (const [name, id] of this.#old.names) if (this.#young.names.get(name) !== id) this.entries.drop(id);
    this.#old = this.#young;
    this.#young = emptyHalf();
  }
}

/** One number for IPv4 as long as there are fewer than 2^21 pods. */
function keyOf(pod: number, address: AddressKey): AddressKey {
  if (typeof address === 'string' || pod >= 1 << 21) return `${pod} ${address}`;
  return pod * 2 ** 32 + (address >>> 0);
}
