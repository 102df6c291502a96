import type { FlowColumns } from '@snoopy/proto';
import { Ingest } from '../capture/ingest.js';
import type { ExcludedLink, FlowTable } from '../flow/flow-table.js';
import type { InterfaceInfo } from '../podtracer/interface-info.js';
import type { Target } from '../podtracer/target.js';
import type { FlowEngine } from './flow-engine.js';
import { HoldBudget } from './held-stream.js';
import type { WatchTools } from './interface-watch.js';
import { PacketTaps } from './packet-taps.js';
import { TableLosses } from './table-losses.js';

/** Flows from packets: a tcpdump on each interface, everything else in user space. */
export class PacketEngine implements FlowEngine {
  readonly kind = 'packets';
  readonly tickMs = 200;
  readonly taps: PacketTaps;
  readonly #losses: TableLosses;

  constructor(
    readonly table: FlowTable,
    private readonly tools: Omit<WatchTools, 'flows' | 'newIngest' | 'holds'>,
    readonly why: string,
  ) {
    const newIngest = (captureId: number): Ingest => new Ingest(table, captureId);
    this.taps = new PacketTaps({ ...tools, flows: table, newIngest, holds: new HoldBudget() });
    this.#losses = new TableLosses(table.counters, tools.ledger);
  }

  interfaces(target: Target): Promise<readonly InterfaceInfo[]> {
    return this.tools.podtracer.interfaces(target);
  }

  get live(): number {
    return this.table.live;
  }

  get capacity(): number {
    return this.table.capacity;
  }

  advance(nowUs: number): void {
    this.table.advance(nowUs);
  }

  drain(columns: FlowColumns, nowUs: number, budgetRows: number): boolean {
    return this.table.drain(columns, nowUs, budgetRows);
  }

  setExcluded(links: readonly ExcludedLink[]): void {
    this.table.setExcluded(links);
  }

  tick(): void {}

  collect(): void {
    this.#losses.collect();
  }

  trim(): void {}

  shutdown(): void {
    this.table.shutdown();
  }

  close(): void {}
}
