/** Rates with and without something, in slices of one run, and what they are to each other. */
export interface Paired {
  readonly median: number;
  /** Half the width of the 95 % interval of the median. */
  readonly error: number;
  readonly rounds: number;
}

/** Of paired ratios: the median, and its interval by order statistics (binomial, normal approximation). */
export function summarize(ratios: readonly number[]): Paired {
  const sorted = [...ratios].sort((a, b) => a - b);
  const n = sorted.length;
  const half = (1.96 * Math.sqrt(n)) / 2;
  const at = (i: number): number => sorted[Math.min(n - 1, Math.max(0, Math.round(i)))]!;
  return { median: at(n / 2), error: (at(n / 2 + half) - at(n / 2 - half)) / 2, rounds: n };
}

/** Milliseconds of a slice, and before it until things have settled. */
const sliceMs = 300;
const settleMs = 30;

export interface Sides {
  /** Grows with what is done. */
  count(): number;
  /** CPU time of those who do it, milliseconds: what other work on the machine takes from them is not in it. */
  cpuMs(): number;
  on(): void;
  off(): void;
  /** Between slices. */
  rest(): void;
}

/** What was done in a slice, by time and by CPU time. */
type Slice = readonly [perSecond: number, perCpu: number];

/** Runs pairs of slices in random order; the ratio of a pair is with by without, of rates and of work for its CPU time. */
export async function pairedRatios({ count, cpuMs, on, off, rest }: Sides, rounds: number) {
  const slice = async (): Promise<Slice> => {
    await sleep(settleMs);
    const [before, cpu, start] = [count(), cpuMs(), performance.now()];
    await sleep(sliceMs);
    const done = count() - before;
    const slice = [done / (performance.now() - start), done / (cpuMs() - cpu)] as const;
    rest();
    return slice;
  };
  const withIt = async (): Promise<Slice> => {
    on();
    const done = await slice();
    off();
    return done;
  };
  const ratios: Slice[] = [];
  for (let round = 0; round < rounds; round++) {
    const first = Math.random() < 0.5;
    const [a, b] = first ? [await withIt(), await slice()] : [await slice(), await withIt()];
    const [ours, none] = first ? [a, b] : [b, a];
    ratios.push([ours[0] / none[0], ours[1] / none[1]]);
  }
  return { rate: ratios.map(([rate]) => rate), cpu: ratios.map(([, cpu]) => cpu) };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
