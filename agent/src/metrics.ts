import type { LossMessage } from '@snoopy/proto';
import { MetricsPage } from './http/metrics-page.js';
import type { KernelWork } from './watch/flow-engine.js';

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
  readonly process: ProcessNumbers;
  /** Where flows are counted in the kernel. */
  readonly kernel: KernelWork | undefined;
}

/** Of the process itself, in the units and under the names that Prometheus' clients use. */
export interface ProcessNumbers {
  readonly userSeconds: number;
  readonly systemSeconds: number;
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
  readonly startTimeSeconds: number;
}

/**
 * The page of `/metrics`. What was lost has the aggregator's name with `agent` in it, so that a sum over both programs
 * counts nothing twice.
 */
export function metricsPage(n: AgentNumbers): string {
  const page = new MetricsPage();
  page.gauge('snoopy_build_info', 'The version that runs; always 1.', (put) =>
    put(1, { program: 'snoopy-agent', version: n.version }),
  );
  page.gauge('snoopy_agent_connected', '1 while a session with the aggregator is open.', (put) =>
    put(Number(n.connected)),
  );
  rows(page, n);
  packets(page, n);
  pods(page, n);
  page.counter('snoopy_agent_lost_total', 'What was lost, by stage, reason and unit.', (put) => {
    for (const { unit, stage = '', reason = '', count } of n.lost)
      put(Number(count), { stage, reason, unit: wordOf(unit) });
  });
  if (n.kernel) kernel(page, n.kernel);
  ownProcess(page, n.process);
  return page.text;
}

function wordOf(unit: unknown): string {
  return String(unit).replace('LOSS_UNIT_', '').toLowerCase();
}

function rows(page: MetricsPage, n: AgentNumbers): void {
  page.counter('snoopy_agent_rows_total', 'Flow rows by what became of them.', (put) => {
    put(n.rows.delivered, { state: 'delivered' });
    put(n.rows.lost, { state: 'lost' });
  });
  page.gauge('snoopy_agent_rows_queued', 'Flow rows that wait for their acknowledgement.', (put) =>
    put(n.rows.queued),
  );
  page.gauge('snoopy_agent_uplink_bytes', 'Memory of the rows that wait.', (put) => put(n.uplinkBytes));
  page.gauge('snoopy_agent_flows', 'Connections that are remembered.', (put) => put(n.flows));
  page.gauge('snoopy_agent_flows_max', 'Connections that fit.', (put) => put(n.flowCapacity));
}

function packets(page: MetricsPage, n: AgentNumbers): void {
  page.counter('snoopy_agent_packets_total', 'Packets decoded.', (put) => put(n.packets));
  page.counter('snoopy_agent_packet_bytes_total', 'Their bytes on the wire.', (put) => put(n.packetBytes));
  page.counter(
    'snoopy_agent_excluded_packets_total',
    'Packets of Snoopy’s own connections, which are not counted as flows.',
    (put) => put(n.excludedPackets),
  );
  page.gauge('snoopy_agent_packet_rings', 'Packet rings that watched interfaces hold.', (put) =>
    put(n.rings.taken),
  );
  page.gauge('snoopy_agent_packet_rings_max', 'Packet rings that there is memory for.', (put) =>
    put(n.rings.most),
  );
  page.gauge('snoopy_agent_captures', 'Watched interfaces by gear.', (put) => {
    put(n.gears.low, { gear: 'low' });
    put(n.gears.high, { gear: 'high' });
  });
}

function pods(page: MetricsPage, n: AgentNumbers): void {
  page.gauge('snoopy_agent_pods', 'Pods of the node by what is done with them.', (put) => {
    for (const [state, count] of n.pods) put(count, { state });
  });
  page.counter(
    'snoopy_agent_blind_seconds_total',
    'How long interfaces that should have been watched were not.',
    (put) => put(n.blindSeconds),
  );
  page.gauge('snoopy_agent_tasks', 'Tasks that run.', (put) => put(n.tasks));
}

function kernel(page: MetricsPage, { maps, passes, records, attachFailures, programs }: KernelWork): void {
  page.gauge('snoopy_agent_kernel_map_entries', 'Entries of the programs’ maps.', (put) => {
    for (const { map, entries } of maps) put(entries, { map });
  });
  page.gauge('snoopy_agent_kernel_map_entries_max', 'Entries that fit.', (put) => {
    for (const { map, capacity } of maps) put(capacity, { map });
  });
  page.counter('snoopy_agent_kernel_passes_total', 'Passes over a map.', (put) => {
    for (const { map, passes: count } of passes) put(count, { map });
  });
  page.counter(
    'snoopy_agent_kernel_read_seconds_total',
    'Time that the passes took in the kernel.',
    (put) => {
      for (const { map, seconds } of passes) put(seconds, { map });
    },
  );
  page.gauge(
    'snoopy_agent_kernel_read_longest_seconds',
    'The longest single read of a pass so far.',
    (put) => {
      for (const { map, longestSeconds } of passes) put(longestSeconds, { map });
    },
  );
  page.counter('snoopy_agent_kernel_records_total', 'Records taken from a ring or a map.', (put) => {
    for (const [source, count] of records) put(count, { source });
  });
  page.counter(
    'snoopy_agent_attach_failures_total',
    'Interfaces that could not be attached to, by reason.',
    (put) => {
      for (const [reason, count] of attachFailures) put(count, { reason });
    },
  );
  const what = 'where kernel.bpf_stats_enabled is on';
  page.counter('snoopy_agent_kernel_program_runs_total', `Runs of a program, ${what}.`, (put) => {
    for (const { program, runs } of programs) put(runs, { program });
  });
  page.counter('snoopy_agent_kernel_program_seconds_total', `Their time, ${what}.`, (put) => {
    for (const { program, seconds } of programs) put(seconds, { program });
  });
}

function ownProcess(page: MetricsPage, n: ProcessNumbers): void {
  const cpu = (name: string, what: string, value: number): void =>
    page.counter(`process_cpu_${name}seconds_total`, `CPU time of the process${what}, seconds.`, (put) =>
      put(value),
    );
  cpu('', '', n.userSeconds + n.systemSeconds);
  cpu('user_', ' itself', n.userSeconds);
  cpu('system_', ' in the kernel', n.systemSeconds);
  page.gauge('process_resident_memory_bytes', 'Memory that the process has.', (put) => put(n.residentBytes));
  page.gauge('nodejs_heap_size_used_bytes', 'Memory of JavaScript’s heap that is used.', (put) =>
    put(n.heapUsedBytes),
  );
  page.gauge('process_start_time_seconds', 'Start of the process, seconds since 1970.', (put) =>
    put(n.startTimeSeconds),
  );
}
