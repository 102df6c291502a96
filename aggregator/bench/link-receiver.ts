/*
 * The aggregator's side of the link bench, a process of its own: the shipped server, intake, merge, metrics and ring.
 * Its parent says `start` and `stop` and gets what was measured in between.
 */
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { createLinkServer, createLog, systemClock } from '@snoopy/proto';
import { openAccess } from '../src/access/open-access.js';
import { FlowMetrics } from '../src/exposition/flow-metrics.js';
import { AgentLink } from '../src/ingest/agent-link.js';
import { addAgentLink } from '../src/ingest/agent-service.js';
import { LossLedger } from '../src/loss/loss-ledger.js';
import { FanOut } from '../src/observe/fan-out.js';
import { FlowRing } from '../src/observe/flow-ring.js';
import { serverSecurity } from './link-security.js';

/** What the parent gets. */
export interface Received {
  rows: number;
  /** Merged flows that left. */
  flows: number;
  seconds: number;
  /** Of all threads. */
  cpuSeconds: number;
  /** Event-loop delay, milliseconds. */
  delayP99Ms: number;
  delayMostMs: number;
  gcMostMs: number;
  rssBytes: number;
  connections: number;
  lost: unknown;
}

/** The ring that live subscribers read from is there unless told otherwise: `no-ring`. */
const withRing = !process.argv.includes('no-ring');
const ledger = new LossLedger();
const metrics = new FlowMetrics(20_000);
let flows = 0;
const count = { take: () => void flows++ };
const ring = new FlowRing();
const log = createLog('bench', 'warn');
const link = new AgentLink({
  clock: systemClock,
  log,
  version: 'bench',
  instance: 'bench',
  ledger,
  sinks: withRing ? [metrics, count, ring] : [metrics, count],
  deliveries: new FanOut(ring, ledger, systemClock),
  seed: 7,
});
const server = createLinkServer();
addAgentLink(server, link, log, openAccess);
link.start();

const delay = monitorEventLoopDelay({ resolution: 1 });
let gcMostMs = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) gcMostMs = Math.max(gcMostMs, entry.duration);
}).observe({ entryTypes: ['gc'] });
let start = { rows: 0, flows: 0, time: 0, cpu: process.cpuUsage() };

function begin(): void {
  gcMostMs = 0;
  delay.reset();
  delay.enable();
  start = {
    rows: link.intake.rows,
    flows,
    time: performance.now(),
    cpu: process.cpuUsage(),
  };
}

function report(): Received {
  const cpu = process.cpuUsage(start.cpu);
  delay.disable();
  return {
    rows: link.intake.rows - start.rows,
    flows: flows - start.flows,
    seconds: (performance.now() - start.time) / 1_000,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    // The histogram holds the timer's period of 1 ms too.
    delayP99Ms: delay.percentile(99) / 1e6 - 1,
    delayMostMs: delay.max / 1e6 - 1,
    gcMostMs,
    rssBytes: process.memoryUsage.rss(),
    connections: link.merge.connections,
    lost: ledger.totals(),
  };
}

process.on('message', (message) => {
  if (message === 'gc') {
    globalThis.gc?.();
    globalThis.gc?.();
    process.send?.('done');
  } else if (message === 'start') {
    begin();
    process.send?.('done');
  } else process.send?.(report());
});
process.on('disconnect', () => process.exit());
server.bindAsync('127.0.0.1:0', serverSecurity(), (error, port) => {
  if (error) throw error;
  process.send?.(port);
});
