import type { LossMessage, LossUnitName } from '@snoopy/proto';

interface Entry {
  readonly stage: string;
  readonly reason: string;
  readonly unit: LossUnitName;
  count: number;
}

/** What this agent lost, by stage and reason (DESIGN, law 1): totals since the start, and what no batch has told yet. */
export class LossCounter {
  readonly #totals = new Map<string, Entry>();
  readonly #pending = new Map<string, Entry>();

  /** @param node the agent's name */
  constructor(readonly node: string) {}

  add(stage: string, reason: string, unit: LossUnitName, count: number): void {
    if (count <= 0) return;
    addTo(this.#totals, stage, reason, unit, count);
    addTo(this.#pending, stage, reason, unit, count);
  }

  /** Whether there is something that no batch has told yet. */
  get pending(): boolean {
    return this.#pending.size > 0;
  }

  /** For the next batch. */
  takePending(): LossMessage[] {
    const taken = this.#messages(this.#pending);
    this.#pending.clear();
    return taken;
  }

  /** The batch that was to tell this is lost itself. */
  giveBack(lost: readonly LossMessage[]): void {
    for (const { stage, reason, unit, count } of lost) {
      addTo(this.#pending, stage ?? '', reason ?? '', unit as LossUnitName, Number(count ?? 0));
    }
  }

  totals(): LossMessage[] {
    return this.#messages(this.#totals);
  }

  #messages(entries: ReadonlyMap<string, Entry>): LossMessage[] {
    return [...entries.values()].map((entry) => ({ node: this.node, ...entry }));
  }
}

function addTo(
  entries: Map<string, Entry>,
  stage: string,
  reason: string,
  unit: LossUnitName,
  count: number,
): void {
  const key = `${stage}\0${reason}\0${unit}`;
  const entry = entries.get(key);
  if (entry) entry.count += count;
  else entries.set(key, { stage, reason, unit, count });
}
