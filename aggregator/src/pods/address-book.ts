import type { AddressKey } from './address-key.js';

/**
 * That somebody has an address, for a while. Times are wall-clock milliseconds modulo 2^32, as the merge keeps the
 * beginning of a connection: they compare right within 24 days, and only what is minutes old is ever compared.
 */
interface Claim {
  readonly id: number;
  /** From when it surely has it; matters only after another's claim. */
  readonly fromMs: number;
  /** Until when it surely has it; undefined: it still has. */
  untilMs: number | undefined;
}

/**
 * Who had which address when. An address that is used again belongs to nobody between the moment when its last
 * holder may have lost it and the moment when the next one surely has it: better no name than a wrong one.
 */
export class AddressBook {
  readonly #claims = new Map<AddressKey, Claim[]>();

  /** @param fromMs from when it surely has it */
  claim(key: AddressKey, id: number, fromMs: number): void {
    const claims = this.#claims.get(key);
    if (!claims) {
      this.#claims.set(key, [{ id, fromMs, untilMs: undefined }]);
      return;
    }
    const last = claims.at(-1)!;
    if (last.id === id && last.untilMs === undefined) return;
    for (const claim of claims) {
      if (claim.untilMs === undefined || isBefore(fromMs, claim.untilMs)) claim.untilMs = fromMs;
    }
    claims.push({ id, fromMs, untilMs: undefined });
  }

  /** It may no longer have it after `untilMs`. */
  release(key: AddressKey, id: number, untilMs: number): void {
    for (const claim of this.#claims.get(key) ?? []) {
      if (claim.id !== id) continue;
      if (claim.untilMs === undefined || isBefore(untilMs, claim.untilMs)) claim.untilMs = untilMs;
    }
  }

  /** Nothing is said of it any more at this address. */
  forget(key: AddressKey, id: number): void {
    const left = this.#claims.get(key)?.filter((claim) => claim.id !== id) ?? [];
    if (left.length > 0) this.#claims.set(key, left);
    else this.#claims.delete(key);
  }

  /** Who has it, or had it last; -1: nobody. */
  latest(key: AddressKey): number {
    return this.#claims.get(key)?.at(-1)?.id ?? -1;
  }

  /** Who surely had it then; -1: nobody, or that is not sure. */
  at(key: AddressKey, timeMs: number): number {
    const claims = this.#claims.get(key);
    if (!claims) return -1;
    for (let i = claims.length - 1; i >= 0; i--) {
      const { id, fromMs, untilMs } = claims[i]!;
      if (untilMs !== undefined && isBefore(untilMs, timeMs)) continue;
      // The first holder that is known may have had it for longer than we know of.
      if (i === 0 || !isBefore(timeMs, fromMs)) return id;
    }
    return -1;
  }
}

function isBefore(one: number, other: number): boolean {
  return ((one - other) | 0) < 0;
}
