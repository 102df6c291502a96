import type { AgentStatusMessage, LossUnitName } from '@snoopy/proto';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { addCaptureMetrics } from './capture/capture-metrics.js';
import type { CaptureTotals } from './capture/capture-totals.js';
import { addCertificateMetrics } from './certificates/certificate-metrics.js';
import type { Identity } from './certificates/identity.js';
import { addNodeMetrics } from './ingest/node-metrics.js';
import { addJobMetrics } from './jobs/job-metrics.js';
import type { JobTotals } from './jobs/job-totals.js';
import type { LossLedger } from './loss/loss-ledger.js';

/** What the program's own metrics are read from, at each scrape. */
export interface MetricSources {
  readonly version: string;
  readonly ledger: LossLedger;
  /** Agents that are connected, or were within the last hour. */
  readonly agents: () => readonly AgentStatusMessage[];
  readonly captures: { readonly running: number; readonly totals: CaptureTotals };
  readonly jobs: JobTotals;
  /** What TLS shows now; undefined without TLS. */
  readonly identity: () => Identity | undefined;
  /** False while it stands by. */
  readonly active: () => boolean;
  readonly subscribers: () => number;
  readonly connections: () => number;
  readonly seriesFolded: () => number;
  readonly flowsFolded: () => number;
}

/** Gauges of prom-client that are named like counters, which promtool refuses; each is there without _total too. */
const misnamed = ['handles', 'requests', 'resources'].map((what) => `nodejs_active_${what}_total`);

/** The program's own metrics: the process, and what the flow page does not hold. */
export function createRegistry(sources: MetricSources): Registry {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  for (const name of misnamed) registry.removeSingleMetric(name);
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  new Gauge({
    name: 'snoopy_build_info',
    help: 'The version that runs; always 1.',
    labelNames: ['program', 'version'],
    registers,
  }).set({ program: 'snoopy-aggregator', version: sources.version }, 1);
  gauge('snoopy_aggregator_active', '1 while it works, 0 while it stands by for another.', () =>
    sources.active() ? 1 : 0,
  );
  gauge('snoopy_aggregator_subscribers', 'Live subscribers of flows.', sources.subscribers);
  gauge('snoopy_aggregator_connections', 'Connections that the merge holds.', sources.connections);
  gauge(
    'snoopy_aggregator_series_folded',
    'Series that count in their family’s "other" because it has --metrics-series lines.',
    sources.seriesFolded,
  );
  counter(
    registry,
    'snoopy_aggregator_flows_folded_total',
    'Times that a connection found no room for its labels and counts as "other".',
    sources.flowsFolded,
  );
  addLosses(registry, sources);
  addNodeMetrics(registry, sources.agents);
  addCaptureMetrics(registry, sources.captures);
  addJobMetrics(registry, sources.jobs);
  addCertificateMetrics(registry, sources.identity);
  return registry;
}

function counter(registry: Registry, name: string, help: string, read: () => number): void {
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}

const units: Readonly<Record<LossUnitName, string>> = {
  LOSS_UNIT_UNSPECIFIED: 'unknown',
  LOSS_UNIT_PACKETS: 'packets',
  LOSS_UNIT_RECORDS: 'records',
  LOSS_UNIT_BYTES: 'bytes',
};

function addLosses(registry: Registry, { ledger, captures, jobs }: MetricSources): void {
  new Counter({
    name: 'snoopy_lost_total',
    help: 'What any stage had to drop, on any node; node is empty for the aggregator itself.',
    labelNames: ['node', 'stage', 'reason', 'unit'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { node = '', stage = '', reason = '', unit, count } of ledger.totals()) {
        const word = units[(unit ?? 'LOSS_UNIT_UNSPECIFIED') as LossUnitName];
        this.inc({ node, stage, reason, unit: word }, Number(count ?? 0));
      }
      // Told in each capture's own statement, not to the readers of flows: therefore not in the ledger.
      for (const [node, dropped] of [...captures.totals.dropped, ...jobs.captures.dropped]) {
        for (const [reason, count] of Object.entries(dropped)) {
          if (count > 0) this.inc({ node, stage: 'capture', reason, unit: 'packets' }, count);
        }
      }
    },
  });
}
