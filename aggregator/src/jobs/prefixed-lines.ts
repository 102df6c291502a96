import type { PodEntry } from '../pods/pod-entry.js';

/** A longer line is cut in pieces. */
const LONGEST = 64 << 10;
const NEWLINE = 10;

interface Open {
  readonly prefix: Buffer;
  rest: Buffer;
}

/** Output of many pods as lines that say whose they are: `shop/web-1: …`, `shop/web-1! …` of standard error. */
export class PrefixedLines {
  readonly #open = new Map<string, Open>();

  /** @param write returns false when no more should come for now */
  constructor(readonly write: (line: Buffer) => boolean) {}

  /** @returns whether more may come */
  push(pod: PodEntry, data: Buffer, errors: boolean): boolean {
    const key = `${pod.uid} ${errors}`;
    const open = this.#open.get(key) ?? {
      prefix: Buffer.from(`${pod.namespace}/${pod.name}${errors ? '!' : ':'} `),
      rest: Buffer.alloc(0),
    };
    this.#open.set(key, open);
    let rest = open.rest.length > 0 ? Buffer.concat([open.rest, data]) : data;
    const pieces: Buffer[] = [];
    for (let end = endOf(rest); end > 0; end = endOf(rest)) {
      pieces.push(open.prefix, rest.subarray(0, end));
      if (rest[end - 1] !== NEWLINE) pieces.push(Buffer.from('\n'));
      rest = rest.subarray(end);
    }
    open.rest = Buffer.from(rest);
    return pieces.length === 0 || this.write(Buffer.concat(pieces));
  }

  /** Writes what has no end yet. */
  flush(): void {
    for (const { prefix, rest } of this.#open.values())
      if (rest.length > 0) this.write(Buffer.concat([prefix, rest, Buffer.from('\n')]));
    this.#open.clear();
  }
}

/** Where the first whole line ends, 0: there is none. */
function endOf(bytes: Buffer): number {
  const end = bytes.indexOf(NEWLINE) + 1;
  if (end > 0) return Math.min(end, LONGEST);
  return bytes.length >= LONGEST ? LONGEST : 0;
}
