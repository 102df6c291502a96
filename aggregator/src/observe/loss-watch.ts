import type { LossUnitName } from '@snoopy/proto';
import type { LossLedger } from '../loss/loss-ledger.js';

export interface NewLoss {
  readonly node: string;
  readonly stage: string;
  readonly reason: string;
  readonly unit: LossUnitName;
  readonly count: number;
}

/** What the ledger gained since the last look. Losses of single subscribers are left out: they are told themselves. */
export class LossWatch {
  readonly #seen = new Map<string, number>();

  constructor(readonly ledger: LossLedger) {
    this.since();
  }

  since(): NewLoss[] {
    const news: NewLoss[] = [];
    for (const loss of this.ledger.totals()) {
      const { node = '', stage = '', reason = '' } = loss;
      const unit = (loss.unit ?? 'LOSS_UNIT_UNSPECIFIED') as LossUnitName;
      const key = JSON.stringify([node, stage, reason, unit]);
      const total = Number(loss.count ?? 0);
      const count = total - (this.#seen.get(key) ?? 0);
      this.#seen.set(key, total);
      if (count > 0 && stage !== 'subscriber') news.push({ node, stage, reason, unit, count });
    }
    return news;
  }
}
