import { Counter, Gauge, type Registry } from 'prom-client';
import type { JobTotals } from './job-totals.js';

/** What runs of jobs do and have done. What they dropped is in `snoopy_lost_total`, stage `capture`. */
export function addJobMetrics(registry: Registry, totals: JobTotals): void {
  const registers = [registry];
  new Gauge({
    name: 'snoopy_job_runs_running',
    help: 'Runs of SnoopyJobs that are under way.',
    registers,
    collect() {
      this.set(totals.running);
    },
  });
  new Counter({
    name: 'snoopy_job_runs_total',
    help: 'Runs of SnoopyJobs that ended: well, not well, by the end of an aggregator, or not begun in time.',
    labelNames: ['result'],
    registers,
    collect() {
      this.reset();
      for (const [result, count] of Object.entries(totals.ends)) this.inc({ result }, count);
    },
  });
  const { captures } = totals;
  addTotal(registry, 'runs_started_total', 'Runs of SnoopyJobs that were begun.', () => totals.started);
  addTotal(registry, 'packets_total', 'Packets in the files of SnoopyJobs.', () => captures.packets);
  const bytes = (): number => captures.bytes + totals.toolBytes;
  addTotal(registry, 'bytes_total', 'Their captured bytes, and what tools wrote.', bytes);
}

function addTotal(registry: Registry, name: string, help: string, read: () => number): void {
  new Counter({
    name: `snoopy_job_${name}`,
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}
