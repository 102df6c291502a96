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
  on(): void;
  off(): void;
  /** Between slices. */
  rest(): void;
}

/** Runs pairs of slices in random order; the ratio of a pair is rate with by rate without. */
export async function pairedRatios({ count, on, off, rest }: Sides, rounds: number): Promise<number[]> {
  const slice = async (): Promise<number> => {
    await sleep(settleMs);
    const [before, start] = [count(), performance.now()];
    await sleep(sliceMs);
    const rate = (count() - before) / (performance.now() - start);
    rest();
    return rate;
  };
  const withIt = async (): Promise<number> => {
    on();
    const rate = await slice();
    off();
    return rate;
  };
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const first = Math.random() < 0.5;
    const [a, b] = first ? [await withIt(), await slice()] : [await slice(), await withIt()];
    ratios.push(first ? a / b : b / a);
  }
  return ratios;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
