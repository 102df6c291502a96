import type { LossMessage } from '@snoopy/proto';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** The agent's numbers at one moment; totals are since its start. */
export interface AgentNumbers {
  readonly version: string;
  readonly connected: boolean;
  readonly rows: {
    readonly made: number;
    readonly delivered: number;
    readonly queued: number;
    readonly lost: number;
  };
  readonly uplinkBytes: number;
  readonly packets: number;
  readonly packetBytes: number;
  readonly excludedPackets: number;
  readonly flows: number;
  readonly flowCapacity: number;
  readonly rings: { readonly taken: number; readonly most: number };
  readonly gears: { readonly low: number; readonly high: number };
  readonly pods: ReadonlyMap<string, number>;
  readonly blindSeconds: number;
  readonly tasks: number;
  readonly lost: readonly LossMessage[];
}

/**
 * The page of `/metrics`. What was lost has the aggregator's name with `agent` in it, so that a sum over both programs
 * counts nothing twice.
 */
export class AgentMetrics {
  readonly #registry = new Registry();
  readonly #read: () => AgentNumbers;

  constructor(read: () => AgentNumbers) {
    this.#read = read;
    collectDefaultMetrics({ register: this.#registry });
    this.#define();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  page(): Promise<string> {
    return this.#registry.metrics();
  }

  #define(): void {
    const { rows, lost, pods } = labelled;
    this.#gauge('snoopy_build_info', 'The version that runs; always 1.', ['program', 'version'], (set, n) =>
      set(1, { program: 'snoopy-agent', version: n.version }),
    );
    this.#gauge('snoopy_agent_connected', '1 while a session with the aggregator is open.', [], (set, n) =>
      set(Number(n.connected)),
    );
    this.#counter('snoopy_agent_rows_total', 'Flow rows by what became of them.', rows, (add, n) => {
      add(n.rows.delivered, { state: 'delivered' });
      add(n.rows.lost, { state: 'lost' });
    });
    this.#gauge('snoopy_agent_rows_queued', 'Flow rows that wait for their acknowledgement.', [], (set, n) =>
      set(n.rows.queued),
    );
    this.#gauge('snoopy_agent_uplink_bytes', 'Memory of the rows that wait.', [], (set, n) =>
      set(n.uplinkBytes),
    );
    this.#counter('snoopy_agent_packets_total', 'Packets decoded.', [], (add, n) => add(n.packets));
    this.#counter('snoopy_agent_packet_bytes_total', 'Their bytes on the wire.', [], (add, n) =>
      add(n.packetBytes),
    );
    this.#counter(
      'snoopy_agent_excluded_packets_total',
      'Packets of Snoopy’s own connections, which are not counted as flows.',
      [],
      (add, n) => add(n.excludedPackets),
    );
    this.#gauge('snoopy_agent_flows', 'Connections in the flow table.', [], (set, n) => set(n.flows));
    this.#gauge('snoopy_agent_flows_max', 'Connections that fit.', [], (set, n) => set(n.flowCapacity));
    this.#gauge('snoopy_agent_packet_rings', 'Packet rings that watched interfaces hold.', [], (set, n) =>
      set(n.rings.taken),
    );
    this.#gauge('snoopy_agent_packet_rings_max', 'Packet rings that there is memory for.', [], (set, n) =>
      set(n.rings.most),
    );
    this.#gauge('snoopy_agent_captures', 'Watched interfaces by gear.', ['gear'], (set, n) => {
      set(n.gears.low, { gear: 'low' });
      set(n.gears.high, { gear: 'high' });
    });
    this.#gauge('snoopy_agent_pods', 'Pods of the node by what is done with them.', pods, (set, n) => {
      for (const [state, count] of n.pods) set(count, { state });
    });
    this.#counter(
      'snoopy_agent_blind_seconds_total',
      'How long interfaces that should have been watched were not.',
      [],
      (add, n) => add(n.blindSeconds),
    );
    this.#gauge('snoopy_agent_tasks', 'Tasks that run.', [], (set, n) => set(n.tasks));
    this.#counter('snoopy_agent_lost_total', 'What was lost, by stage, reason and unit.', lost, (add, n) => {
      for (const one of n.lost) {
        const unit = String(one.unit).replace('LOSS_UNIT_', '').toLowerCase();
        add(Number(one.count), { stage: one.stage ?? '', reason: one.reason ?? '', unit });
      }
    });
  }

  #gauge(name: string, help: string, labelNames: string[], fill: Fill): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect: () => {
        gauge.reset();
        fill((value, labels = {}) => gauge.set(labels, value), this.#read());
      },
    });
  }

  /** Totals come from elsewhere: the counter is set to them. */
  #counter(name: string, help: string, labelNames: string[], fill: Fill): void {
    const counter = new Counter({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect: () => {
        counter.reset();
        fill((value, labels = {}) => counter.inc(labels, value), this.#read());
      },
    });
  }
}

type Fill = (put: (value: number, labels?: Record<string, string>) => void, numbers: AgentNumbers) => void;

const labelled = { rows: ['state'], lost: ['stage', 'reason', 'unit'], pods: ['state'] };
