import type { LossUnitName } from '@snoopy/proto';
import { DecodeError, decodeErrorNames, newDecodeCounters } from '../decode/decode-error.js';
import type { CaptureRun } from './capture-run.js';

/** Gets what became of packets. */
export interface PacketLedger {
  /** Packets that were read, whatever became of them then. */
  decoded(packets: number): void;
  lost(stage: string, reason: string, unit: LossUnitName, count: number): void;
}

/**
 * Accounts for every packet that one tcpdump's filter received (DESIGN, law 1), once each:
 * `received = read + dropped by the kernel + cut off at the end`, and `read = decoded + decode errors`.
 */
export class RunAccount {
  #records = 0;
  #dropped = 0;
  readonly #errors = newDecodeCounters();

  constructor(
    readonly run: CaptureRun,
    readonly ledger: PacketLedger,
  ) {}

  /** What is new since the last call. */
  collect(): void {
    const { counters } = this.run.ingest;
    this.ledger.decoded(counters.records - this.#records);
    this.#records = counters.records;
    for (let error = 1; error < this.#errors.length; error++) {
      const count = counters.errors[error]! - this.#errors[error]!;
      if (count === 0) continue;
      this.#errors[error] = counters.errors[error]!;
      if (error !== DecodeError.notIp) this.#lost('decode', decodeErrorNames[error]!, count);
    }
    this.#lost('kernel_ring', 'full', this.run.counters.dropped - this.#dropped);
    this.#dropped = this.run.counters.dropped;
  }

  /**
   * The run has ended.
   * @param takenOver another run saw, and will count, what was left in this one's ring
   */
  close(takenOver: boolean): void {
    this.collect();
    if (!takenOver) this.#lost('kernel_ring', 'stopped', this.run.counters.unread);
    this.#lost('pipe', 'cut', this.run.counters.captured - this.#records);
  }

  #lost(stage: string, reason: string, count: number): void {
    if (count > 0) this.ledger.lost(stage, reason, 'LOSS_UNIT_PACKETS', count);
  }
}
