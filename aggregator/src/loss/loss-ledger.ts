import type { LossMessage, LossUnitName } from '@snoopy/proto';

interface Entry {
  readonly node: string;
  readonly stage: string;
  readonly reason: string;
  readonly unit: LossUnitName;
  count: number;
}

/** Everything that any stage lost since the start, by node, stage, reason and unit (DESIGN, law 1). */
export class LossLedger {
  readonly #entries = new Map<string, Entry>();

  /** @param node the agent's name; empty for the aggregator itself */
  add(node: string, stage: string, reason: string, unit: LossUnitName, count: number): void {
    if (count === 0) return;
    const key = JSON.stringify([node, stage, reason, unit]);
    const entry = this.#entries.get(key);
    if (entry) entry.count += count;
    else this.#entries.set(key, { node, stage, reason, unit, count });
  }

  /** Totals since the start. */
  totals(): LossMessage[] {
    return [...this.#entries.values()].map((entry) => ({ ...entry }));
  }
}
