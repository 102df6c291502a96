import type { FlowCounters } from '../flow/flow-table.js';
import type { PacketLedger } from './run-account.js';

/** Tells what the flow table had to drop. */
export class TableLosses {
  #packets = 0;
  #dns = 0;

  constructor(
    readonly counters: Readonly<Pick<FlowCounters, 'lostPackets' | 'dnsLost'>>,
    readonly ledger: PacketLedger,
  ) {}

  /** What is new since the last call. */
  collect(): void {
    const { lostPackets, dnsLost } = this.counters;
    this.ledger.lost('flow_table', 'full', 'LOSS_UNIT_PACKETS', lostPackets - this.#packets);
    this.ledger.lost('dns', 'full', 'LOSS_UNIT_RECORDS', dnsLost - this.#dns);
    this.#packets = lostPackets;
    this.#dns = dnsLost;
  }
}
