/** Addresses remembered, a power of two: 192 KiB. One that falls together with another takes its place. */
const ENTRIES = 8_192;
/** Where ends were joined others will be, for so long. Milliseconds. */
const JOINED_MS = 600_000;
/** Where no other end came none is waited for, for so long. */
const ALONE_MS = 60_000;
const EACH = 3;
const JOINED = 1;
const ALONE = 2;

/**
 * Which addresses stand for others: where the two ends of a connection met across a NAT, and where a record waited
 * for the other end and none came. It decides only how long a record waits, never what is joined.
 */
export class NatMemory {
  /** Key, what it is, since when. */
  readonly #entries = new Float64Array(ENTRIES * EACH);

  /** @param key a hash  @param likely what to believe where nothing is known */
  expects(key: number, likely: boolean, nowMs: number): boolean {
    const at = this.#find(key);
    if (at < 0) return likely;
    const age = nowMs - this.#entries[at + 2]!;
    if (this.#entries[at + 1] === JOINED) return age < JOINED_MS || likely;
    return age >= ALONE_MS && likely;
  }

  /** Two ends met across this address. */
  joined(key: number, nowMs: number): void {
    this.#put(key, JOINED, nowMs);
  }

  /** A record waited for the other end, in vain. Of one that is known to stand for others it says little. */
  alone(key: number, nowMs: number): void {
    const at = (key & (ENTRIES - 1)) * EACH;
    if (this.#entries[at + 1] === JOINED && nowMs - this.#entries[at + 2]! < JOINED_MS) return;
    this.#put(key, ALONE, nowMs);
  }

  #find(key: number): number {
    const at = (key & (ENTRIES - 1)) * EACH;
    return this.#entries[at] === key && this.#entries[at + 1] !== 0 ? at : -1;
  }

  #put(key: number, what: number, nowMs: number): void {
    const at = (key & (ENTRIES - 1)) * EACH;
    this.#entries[at] = key;
    this.#entries[at + 1] = what;
    this.#entries[at + 2] = nowMs;
  }
}
