/** What a TLS server shows, and whom it believes. PEM. */
export interface Identity {
  /** Authorities that others' certificates may be signed by. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** The identity of now; who listens hears of every change, and at once if there is one already. */
export class IdentityFeed {
  #now: Identity | undefined;
  readonly #listeners = new Set<(identity: Identity) => void>();

  get now(): Identity | undefined {
    return this.#now;
  }

  /** @returns whether it is another than before */
  put(identity: Identity): boolean {
    const { ca, certificate, key } = identity;
    const before = this.#now;
    if (before?.ca === ca && before.certificate === certificate && before.key === key) return false;
    this.#now = identity;
    for (const listener of this.#listeners) listener(identity);
    return true;
  }

  /** @returns ends it */
  listen(listener: (identity: Identity) => void): () => void {
    this.#listeners.add(listener);
    if (this.#now) listener(this.#now);
    return () => this.#listeners.delete(listener);
  }
}
