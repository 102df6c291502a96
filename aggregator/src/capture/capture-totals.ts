import type { CaptureTarget } from './capture-target.js';

/** How a capture ended: its file has all, or not all; it could not begin; its reader went away. */
export type CaptureEnd = 'complete' | 'incomplete' | 'failed' | 'cancelled';

/** Who dropped packets. */
export type DropStage = 'kernel' | 'agent' | 'aggregator';

const stages: readonly DropStage[] = ['kernel', 'agent', 'aggregator'];

/** What all captures of this aggregator have come to, since its start. */
export class CaptureTotals {
  packets = 0;
  bytes = 0;
  readonly ends: Record<CaptureEnd, number> = { complete: 0, incomplete: 0, failed: 0, cancelled: 0 };
  /** Packets, by node and stage; an aggregator's drop belongs to the node that the packets came from. */
  readonly dropped = new Map<string, Record<DropStage, number>>();

  drop(node: string, stage: DropStage, packets: number): void {
    if (packets === 0) return;
    const counts = this.dropped.get(node) ?? { kernel: 0, agent: 0, aggregator: 0 };
    this.dropped.set(node, counts);
    counts[stage] += packets;
  }
}

interface Counted {
  packets: number;
  bytes: number;
  readonly dropped: Record<DropStage, number>;
}

/** Adds what is new of one capture to the totals; its targets count upwards. */
export class CaptureAccount {
  readonly #counted = new Map<CaptureTarget, Counted>();
  #stray = 0;

  constructor(readonly totals: CaptureTotals) {}

  /** @param strayPackets that came and belong to no target, so far */
  collect(targets: Iterable<CaptureTarget>, strayPackets: number): void {
    for (const target of targets) this.#collect(target);
    this.totals.drop('', 'aggregator', strayPackets - this.#stray);
    this.#stray = strayPackets;
  }

  #collect(target: CaptureTarget): void {
    const { totals } = this;
    const counted = this.#counted.get(target) ?? {
      packets: 0,
      bytes: 0,
      dropped: { kernel: 0, agent: 0, aggregator: 0 },
    };
    this.#counted.set(target, counted);
    totals.packets += target.packets - counted.packets;
    totals.bytes += target.bytes - counted.bytes;
    counted.packets = target.packets;
    counted.bytes = target.bytes;
    for (const stage of stages) {
      const dropped = target[`${stage}Dropped`];
      totals.drop(target.pod.node, stage, dropped - counted.dropped[stage]);
      counted.dropped[stage] = dropped;
    }
  }
}
