import { type AddressKey, textKey } from './address-key.js';
import type { EntryTable } from './entry-table.js';
import type { PodEntry } from './pod-entry.js';

interface Place {
  entry: PodEntry;
  text: string;
  keys: readonly AddressKey[];
}

/** Services and nodes by their addresses. Where two claim one, the first keeps it until it lets go. */
export class Places {
  readonly #places = new Map<string, Place>();
  readonly #holders = new Map<AddressKey, string[]>();

  constructor(readonly entries: EntryTable) {}

  /** @param key names the place for ever, such as `service/shop/web` */
  set(key: string, fields: Omit<PodEntry, 'id'>, ips: readonly string[]): void {
    const text = JSON.stringify([fields, ips]);
    const known = this.#places.get(key);
    if (known?.text === text) return;
    const keys = [...new Set(ips.map((ip) => textKey(ip)))].filter((one) => one !== undefined);
    const entry = known ? this.entries.set(known.entry.id, fields) : this.entries.add(fields);
    if (known) this.#release(key, known);
    this.#places.set(key, { entry, text, keys });
    for (const one of keys) this.#holders.set(one, [...(this.#holders.get(one) ?? []), key]);
  }

  remove(key: string): void {
    const known = this.#places.get(key);
    if (!known) return;
    this.#release(key, known);
    this.#places.delete(key);
    this.entries.drop(known.entry.id);
  }

  at(key: AddressKey): PodEntry | undefined {
    const holder = this.#holders.get(key)?.[0];
    return holder === undefined ? undefined : this.#places.get(holder)!.entry;
  }

  #release(key: string, place: Place): void {
    for (const one of place.keys) {
      const left = (this.#holders.get(one) ?? []).filter((holder) => holder !== key);
      if (left.length > 0) this.#holders.set(one, left);
      else this.#holders.delete(one);
    }
  }
}
