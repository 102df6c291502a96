import type { Endpoint, Flow } from '@snoopy/proto';
import { failureKind, isFailure } from './failure-text.js';

export const groupings = ['workload', 'pod', 'port', 'dns', 'failures'] as const;
export type Grouping = (typeof groupings)[number];
export const orders = ['bytes', 'packets', 'connections', 'failures'] as const;
export type Order = (typeof orders)[number];

/** Totals of one group over a window. */
export interface Row {
  readonly key: string;
  bytes: number;
  packets: number;
  connections: number;
  failures: number;
  /** Sum and number of latencies: handshakes, for DNS the answers. */
  latencySum: number;
  latencies: number;
}

/** Groups beyond this fold into one, so that totals stay right. */
const MOST_GROUPS = 10_000;
const OTHER = '(other)';

/** Sums flows by group. */
export class Tally {
  readonly #rows = new Map<string, Row>();

  constructor(readonly by: Grouping) {}

  add(flow: Flow): void {
    if (this.by === 'dns') {
      this.#addDns(flow);
      return;
    }
    if (this.by === 'failures' && !isFailure(flow)) return;
    const row = this.#row(groupOf(flow, this.by));
    row.bytes += (flow.request?.bytes ?? 0) + (flow.reply?.bytes ?? 0);
    row.packets += (flow.request?.packets ?? 0) + (flow.reply?.packets ?? 0);
    row.connections += flow.opened ? 1 : 0;
    row.failures += isFailure(flow) ? 1 : 0;
    addLatency(row, flow.handshakeSeconds);
  }

  /** Adds what another tally of the same grouping holds. */
  merge(other: Tally): void {
    for (const from of other.#rows.values()) {
      const row = this.#row(from.key);
      row.bytes += from.bytes;
      row.packets += from.packets;
      row.connections += from.connections;
      row.failures += from.failures;
      row.latencySum += from.latencySum;
      row.latencies += from.latencies;
    }
  }

  get size(): number {
    return this.#rows.size;
  }

  /** The largest first; equal ones by key, so that the order does not flicker. */
  top(order: Order, most: number): Row[] {
    return [...this.#rows.values()]
      .sort((a, b) => b[order] - a[order] || b.bytes - a.bytes || a.key.localeCompare(b.key))
      .slice(0, most);
  }

  total(): Row {
    const total = emptyRow('total');
    for (const row of this.#rows.values()) {
      for (const name of orders) total[name] += row[name];
      total.latencySum += row.latencySum;
      total.latencies += row.latencies;
    }
    return total;
  }

  /** A question is a connection here, every answer but NOERROR a failure. */
  #addDns(flow: Flow): void {
    for (const dns of flow.dns) {
      const row = this.#row(dns.name);
      row.connections++;
      row.failures += dns.rcode === 'NOERROR' ? 0 : 1;
      addLatency(row, dns.latencySeconds);
    }
    if (flow.dns.length !== 1) return;
    const row = this.#row(flow.dns[0]!.name);
    row.bytes += (flow.request?.bytes ?? 0) + (flow.reply?.bytes ?? 0);
    row.packets += (flow.request?.packets ?? 0) + (flow.reply?.packets ?? 0);
  }

  #row(wanted: string): Row {
    const known = this.#rows.get(wanted);
    if (known) return known;
    const key = this.#rows.size < MOST_GROUPS ? wanted : OTHER;
    const row = this.#rows.get(key) ?? emptyRow(key);
    this.#rows.set(key, row);
    return row;
  }
}

function emptyRow(key: string): Row {
  return { key, bytes: 0, packets: 0, connections: 0, failures: 0, latencySum: 0, latencies: 0 };
}

function addLatency(row: Row, seconds: number): void {
  if (seconds <= 0) return;
  row.latencySum += seconds;
  row.latencies++;
}

function groupOf(flow: Flow, by: Exclude<Grouping, 'dns'>): string {
  const { source, destination, protocol } = flow;
  if (by === 'port') {
    const port = protocol.startsWith('ICMP') ? '' : ` ${destination?.port ?? 0}`;
    return `${named(destination, 'workload')} ${protocol}${port}`;
  }
  if (by === 'failures') {
    const port = `${protocol} ${destination?.port ?? 0}`;
    return `${named(source, 'workload')} → ${named(destination, 'workload')} ${port}: ${failureKind(flow)}`;
  }
  return `${named(source, by)} → ${named(destination, by)}`;
}

function named(endpoint: Endpoint | null | undefined, by: 'workload' | 'pod'): string {
  if (!endpoint) return '?';
  if (endpoint.pod === '' && endpoint.workload !== '')
    return `${endpoint.namespace === '' ? '' : `${endpoint.namespace}/`}${endpoint.workload}`;
  if (endpoint.pod === '') return endpoint.name || endpoint.ip;
  const name = by === 'workload' && endpoint.workload !== '' ? endpoint.workload : endpoint.pod;
  return `${endpoint.namespace}/${name}`;
}
