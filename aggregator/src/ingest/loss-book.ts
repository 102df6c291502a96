import type { LossMessage, LossUnitName } from '@snoopy/proto';
import type { LossLedger } from '../loss/loss-ledger.js';

/** Kinds of loss that one agent may name before the rest is summed up. */
const MOST_KINDS = 64;
const word = /^[a-z][a-z0-9_-]{0,39}$/;
const units: readonly LossUnitName[] = ['LOSS_UNIT_PACKETS', 'LOSS_UNIT_RECORDS', 'LOSS_UNIT_BYTES'];

/** Writes one agent's losses into the ledger, whatever words it uses. */
export class LossBook {
  readonly #kinds = new Set<string>();

  constructor(
    readonly ledger: LossLedger,
    readonly agent: string,
  ) {}

  add(loss: LossMessage): void {
    const unit = units.find((known) => known === loss.unit) ?? 'LOSS_UNIT_UNSPECIFIED';
    const stage = known(loss.stage);
    const reason = known(loss.reason);
    const key = `${stage} ${reason} ${unit}`;
    if (!this.#kinds.has(key) && this.#kinds.size >= MOST_KINDS) {
      this.ledger.add(this.agent, 'other', 'other', unit, Number(loss.count));
      return;
    }
    this.#kinds.add(key);
    this.ledger.add(this.agent, stage, reason, unit, Number(loss.count));
  }
}

function known(text: string | undefined): string {
  return text !== undefined && word.test(text) ? text : 'other';
}
