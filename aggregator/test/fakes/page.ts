import { type Clock, systemClock } from '@snoopy/proto';
import { FlowMetrics } from '../../src/exposition/flow-metrics.js';
import { FlowPage } from '../../src/exposition/flow-page.js';
import type { MergedFlow } from '../../src/merge/merged-flow.js';

/** Values by series, as a reader of the text format gets them. */
export type Samples = Record<string, number>;

export function parsePage(text: string): Samples {
  const samples: Samples = {};
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, series, value] = /^(.*\S) +([0-9.]+)$/.exec(line) ?? [];
    if (series === undefined) throw new Error(`not a sample: ${line}`);
    if (Object.hasOwn(samples, series)) throw new Error(`twice on the page: ${series}`);
    samples[series] = Number(value);
  }
  return samples;
}

/** Metrics and their page. */
export class Exposition {
  readonly metrics: FlowMetrics;
  readonly page: FlowPage;
  readonly #memos = new Map<number, number>();

  constructor(most = 20_000, mostLines = most, clock: Clock = systemClock) {
    this.metrics = new FlowMetrics(most);
    this.page = new FlowPage(this.metrics.edges, mostLines, clock);
  }

  /** Keeps the memo of each slot, as the merge does. */
  take(...flows: MergedFlow[]): void {
    for (const flow of flows) {
      flow.memo = this.#memos.get(flow.slot) ?? 0;
      this.metrics.take(flow);
      this.#memos.set(flow.slot, flow.memo);
    }
  }

  async text(): Promise<string> {
    await this.page.update();
    return Buffer.concat(this.page.texts()).toString();
  }

  async samples(): Promise<Samples> {
    return parsePage(await this.text());
  }

  /** Sum of a family's samples, of one further label perhaps. */
  async sum(family: string, label = ''): Promise<number> {
    return Object.entries(await this.samples())
      .filter(([series]) => series.startsWith(`${family}{`) && series.includes(label))
      .reduce((sum, [, value]) => sum + value, 0);
  }
}
