const none: ReadonlySet<string> = new Set();

/** Sets of uids by a key; a key without any costs nothing. */
export class UidSets {
  readonly #sets = new Map<string, Set<string>>();

  get(key: string): ReadonlySet<string> {
    return this.#sets.get(key) ?? none;
  }

  move(uid: string, from: string | undefined, to: string | undefined): void {
    if (from === to) return;
    if (from) {
      const set = this.#sets.get(from);
      set?.delete(uid);
      if (set?.size === 0) this.#sets.delete(from);
    }
    if (!to) return;
    const set = this.#sets.get(to);
    if (set) set.add(uid);
    else this.#sets.set(to, new Set([uid]));
  }
}
