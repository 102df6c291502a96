import { DecodeError, decodeErrorNames, newDecodeCounters } from '../decode/decode-error.js';
import type { PacketLedger } from '../watch/run-account.js';
import type { KernelCounts } from './node-kernel.js';

/** What user space itself could not use. */
export interface OwnLosses {
  /** Rows of pods that are not known any more. */
  readonly strays: number;
  /** Rows of namespaces that nobody had claimed yet, beyond those that can be held. */
  readonly unheld: number;
  /** Ends that nobody showed us, found by a pass. */
  readonly missed: number;
  /** Beginnings of TLS without a second segment, or of a pod that nobody knew yet. */
  readonly unreadHellos: number;
  /** Outcomes that found no room. */
  readonly lostNews: number;
  /** Copied frames that were taken. */
  readonly frames: number;
  /** By DecodeError. */
  readonly errors: Readonly<Uint32Array | Float64Array>;
}

type Unit = 'LOSS_UNIT_RECORDS' | 'LOSS_UNIT_PACKETS';

/** Accounts for everything that the programs, or what reads them, had to drop (DESIGN, law 1), once each. */
export class KernelLosses {
  readonly #told = new Map<string, number>();
  readonly #errors = newDecodeCounters();
  #frames = 0;

  constructor(private readonly ledger: PacketLedger) {}

  /** What is new since the last call. */
  collect(kernel: KernelCounts, own: OwnLosses): void {
    this.#tell('kernel_ring', 'full', 'LOSS_UNIT_RECORDS', kernel.lostRows);
    this.#tell('kernel_ring', 'full', 'LOSS_UNIT_PACKETS', kernel.lostFrames);
    this.#tell('kernel_ring', 'not_copied', 'LOSS_UNIT_PACKETS', kernel.lostCopies);
    this.#tell('kernel_program', 'missed', 'LOSS_UNIT_RECORDS', kernel.missed + own.missed);
    this.#tell('kernel_map', 'full', 'LOSS_UNIT_RECORDS', kernel.lostConnections);
    this.#tell('kernel_map', 'full', 'LOSS_UNIT_PACKETS', kernel.lostPackets);
    this.#tell('dns', 'ring_full', 'LOSS_UNIT_RECORDS', kernel.lostDns);
    this.#tell('kernel_ring', 'not_read', 'LOSS_UNIT_RECORDS', kernel.lostTurns);
    this.#tell('tls', 'ring_full', 'LOSS_UNIT_RECORDS', kernel.lostHellos);
    this.#tell('tls', 'not_read', 'LOSS_UNIT_RECORDS', own.unreadHellos);
    this.#tell('kernel_news', 'full', 'LOSS_UNIT_RECORDS', own.lostNews);
    this.#tell('kernel_ring', 'unclaimed', 'LOSS_UNIT_RECORDS', own.unheld);
    this.#tell('kernel_ring', 'pod_gone', 'LOSS_UNIT_RECORDS', own.strays);
    this.ledger.decoded(own.frames - this.#frames);
    this.#frames = own.frames;
    for (let error = 1; error < this.#errors.length; error++) {
      if (error !== DecodeError.notIp)
        this.#tell('decode', decodeErrorNames[error]!, 'LOSS_UNIT_PACKETS', own.errors[error]!);
    }
  }

  #tell(stage: string, reason: string, unit: Unit, total: number): void {
    const key = `${stage} ${reason} ${unit}`;
    const news = total - (this.#told.get(key) ?? 0);
    if (news <= 0) return;
    this.#told.set(key, total);
    this.ledger.lost(stage, reason, unit, news);
  }
}
