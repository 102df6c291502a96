import type { MergedFlow } from '../merge/merged-flow.js';
import { TOLD_WORDS } from '../merge/record-layout.js';

/** The views of a kept flow that has more of them than fit into its entry. */
export class FoldedViews {
  readonly count: number;
  readonly vantages: Uint8Array;
  /** Records as in merge/record-layout.ts, `TOLD_WORDS` each. */
  readonly words: Uint32Array;
  readonly doubles: Float64Array;

  constructor({ views, viewCount, records }: MergedFlow) {
    const memory = new ArrayBuffer(viewCount * TOLD_WORDS * 4);
    this.count = viewCount;
    this.vantages = new Uint8Array(viewCount);
    this.words = new Uint32Array(memory);
    this.doubles = new Float64Array(memory);
    for (let i = 0; i < viewCount; i++) {
      const { vantage, at } = views[i]!;
      this.vantages[i] = vantage;
      this.words.set(records.counts.subarray(at, at + TOLD_WORDS), i * TOLD_WORDS);
    }
  }
}
