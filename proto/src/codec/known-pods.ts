import type { PodRef } from '../flow-columns.js';

/** Entries, a power of two. One that falls together with another takes its place. */
const ENTRIES = 4_096;
/** Longer ones are not kept: together at most 1.2 MiB of bytes. */
const MOST_BYTES = 300;

interface Known {
  readonly bytes: Uint8Array;
  readonly pod: PodRef;
}

/** Pods by the bytes that name them: every batch names the same ones again, and a look here allocates nothing. */
export class KnownPods {
  readonly #entries = new Array<Known | undefined>(ENTRIES).fill(undefined);

  find(bytes: Uint8Array, from: number, end: number): PodRef | undefined {
    const known = this.#entries[placeOf(bytes, from, end)];
    if (!known || known.bytes.length !== end - from) return undefined;
    const own = known.bytes;
    for (let i = 0; i < own.length; i++) if (own[i] !== bytes[from + i]) return undefined;
    return known.pod;
  }

  keep(bytes: Uint8Array, from: number, end: number, pod: PodRef): void {
    if (end - from <= MOST_BYTES)
      this.#entries[placeOf(bytes, from, end)] = { bytes: new Uint8Array(bytes.subarray(from, end)), pod };
  }
}

/** Of a hash (FNV-1a) of some of the bytes: the end of a uid and of a name is where pods differ. */
function placeOf(bytes: Uint8Array, from: number, end: number): number {
  const length = end - from;
  let hash = 0x811c9dc5 ^ length;
  for (let at = Math.max(from, end - 12); at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  const middle = from + (length >> 2);
  for (let at = from; at < middle; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return (hash ^ (hash >>> 15)) & (ENTRIES - 1);
}
