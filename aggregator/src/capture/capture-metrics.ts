import { Counter, Gauge, type Registry } from 'prom-client';
import type { CaptureTotals } from './capture-totals.js';

/** What captures do and have done. What they dropped is in `snoopy_lost_total`, stage `capture`. */
export function addCaptureMetrics(
  registry: Registry,
  captures: { readonly running: number; readonly totals: CaptureTotals },
): void {
  const registers = [registry];
  const { totals } = captures;
  new Gauge({
    name: 'snoopy_captures_running',
    help: 'Captures of packets that clients hold open.',
    registers,
    collect() {
      this.set(captures.running);
    },
  });
  new Counter({
    name: 'snoopy_captures_total',
    help: 'Captures that ended: the file has all packets or not, it could not begin, or its reader went away.',
    labelNames: ['result'],
    registers,
    collect() {
      this.reset();
      for (const [result, count] of Object.entries(totals.ends)) this.inc({ result }, count);
    },
  });
  addTotal(
    registry,
    'snoopy_capture_packets_total',
    'Packets in the files of captures.',
    () => totals.packets,
  );
  addTotal(registry, 'snoopy_capture_bytes_total', 'Their captured bytes.', () => totals.bytes);
}

function addTotal(registry: Registry, name: string, help: string, read: () => number): void {
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
