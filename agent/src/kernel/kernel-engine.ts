import type { Clock, FlowColumns } from '@snoopy/proto';
import type { ExcludedLink, FlowTable } from '../flow/flow-table.js';
import type { InterfaceInfo } from '../podtracer/interface-info.js';
import type { Target } from '../podtracer/target.js';
import type { Bell, EarlyWatch, FlowEngine, KernelWork } from '../watch/flow-engine.js';
import type { PacketLedger } from '../watch/run-account.js';
import { TableLosses } from '../watch/table-losses.js';
import { KernelFlows } from './kernel-flows.js';
import { KernelTaps } from './kernel-taps.js';
import type { NamespaceVisits, NodeKernel } from './node-kernel.js';

export interface KernelEngineTools {
  readonly kernel: NodeKernel;
  readonly visits: NamespaceVisits;
  readonly table: FlowTable;
  readonly ledger: PacketLedger;
  readonly clock: Clock;
  /** CLOCK_MONOTONIC in microseconds. */
  readonly monotonicUs: () => number;
  readonly networkMark: (pid: number) => string | undefined;
}

/** Flows from the kernel's own counters. */
export class KernelEngine implements FlowEngine {
  readonly kind = 'kernel';
  readonly tickMs = 1_000;
  readonly table: FlowTable;
  readonly taps: KernelTaps;
  readonly #flows: KernelFlows;
  readonly #kernel: NodeKernel;
  readonly #visits: NamespaceVisits;
  readonly #losses: TableLosses;

  constructor(
    tools: KernelEngineTools,
    readonly why: string,
  ) {
    const { kernel, visits, table, ledger, monotonicUs } = tools;
    this.#kernel = kernel;
    this.table = table;
    this.#visits = visits;
    this.#flows = new KernelFlows(kernel, visits, table, ledger, monotonicUs);
    this.taps = new KernelTaps({ ...tools, flows: this.#flows });
    this.#losses = new TableLosses(table.counters, ledger);
  }

  interfaces(target: Target): Promise<readonly InterfaceInfo[]> {
    return this.#visits.interfaces(target.fd);
  }

  get live(): number {
    return this.#flows.live;
  }

  get early(): EarlyWatch {
    return this.#flows.early;
  }

  get bell(): Bell {
    return this.#kernel.bell;
  }

  get work(): KernelWork {
    const { maps } = this.#flows;
    return { ...this.#kernel.work, maps, attachFailures: this.taps.failures };
  }

  get capacity(): number {
    return this.#flows.capacity;
  }

  advance(nowUs: number): void {
    this.#flows.advance(nowUs);
  }

  drain(columns: FlowColumns, nowUs: number, budgetRows: number): boolean {
    return this.#flows.drain(columns, nowUs, budgetRows);
  }

  setExcluded(links: readonly ExcludedLink[]): void {
    this.#flows.setExcluded(links);
  }

  tick(): void {
    this.taps.tick();
  }

  /** The programs' own losses are told once a second by themselves. */
  collect(): void {
    this.#losses.collect();
  }

  trim(): void {
    this.#kernel.trim();
  }

  shutdown(): void {
    this.#flows.shutdown();
    this.#flows.collect();
    this.#losses.collect();
  }

  close(): void {
    this.#flows.close();
  }
}
