import type { LossUnitName } from '@snoopy/proto';
import { DecodeError, decodeErrorNames, newDecodeCounters } from '../decode/decode-error.js';
import type { CaptureRun } from './capture-run.js';
import type { Handover } from './handover.js';

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
  #handover: Handover | undefined;
  /** Dropped before it took over: not its to count. */
  #firstDropped = 0;
  /** Drops beyond it may be another run's to count. */
  #mostDropped = Number.POSITIVE_INFINITY;
  readonly #errors = newDecodeCounters();

  constructor(
    readonly run: CaptureRun,
    readonly ledger: PacketLedger,
  ) {}

  /** What is new since the last call. */
  collect(): void {
    this.#collectRecords();
    this.#collectDropped(this.run.counters.dropped);
  }

  #collectRecords(): void {
    const { counters } = this.run.ingest;
    this.ledger.decoded(counters.records - this.#records);
    this.#records = counters.records;
    for (let error = 1; error < this.#errors.length; error++) {
      const count = counters.errors[error]! - this.#errors[error]!;
      if (count === 0) continue;
      this.#errors[error] = counters.errors[error]!;
      if (error !== DecodeError.notIp) this.#lost('decode', decodeErrorNames[error]!, count);
    }
  }

  /** Another run may take over: what the kernel drops of this one from now on is not told before that is decided. */
  freeze(dropped: number): void {
    this.#mostDropped = dropped;
  }

  /** No other run takes over. */
  thaw(): void {
    this.#mostDropped = Number.POSITIVE_INFINITY;
  }

  /** It has taken over from another run, which this handover tells about. @param dropped until then */
  tookOver(handover: Handover, dropped: number): void {
    this.#handover = handover;
    this.#firstDropped = dropped;
  }

  /** The run has ended. */
  close(): void {
    this.collect();
    const { counters, ingest } = this.run;
    this.#lost('kernel_ring', 'stopped', counters.unread);
    this.#lost('pipe', 'cut', counters.captured - (this.#handover?.skipped ?? 0) - ingest.counters.records);
  }

  /**
   * The run has ended, another one has taken over: what this one received since the other is complete is the other's to
   * count. `freeze` said until when.
   */
  closeTakenOver(): void {
    this.collect();
  }

  /** @param dropped by the kernel so far; what the run before has read of it is not lost */
  #collectDropped(dropped: number): void {
    if (this.#handover && !this.#handover.done) return;
    const { skippedSince = 0, readSince = 0 } = this.#handover ?? {};
    const lost = Math.min(dropped, this.#mostDropped) - this.#firstDropped + skippedSince - readSince;
    if (lost <= this.#dropped) return;
    this.#lost('kernel_ring', 'full', lost - this.#dropped);
    this.#dropped = lost;
  }

  #lost(stage: string, reason: string, count: number): void {
    if (count > 0) this.ledger.lost(stage, reason, 'LOSS_UNIT_PACKETS', count);
  }
}
