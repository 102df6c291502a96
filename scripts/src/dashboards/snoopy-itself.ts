import * as units from '@grafana/grafana-foundation-sdk/units';
import type { Board } from './board.js';
import { figure, lines, type PanelSource, table } from './panel.js';
import { perSecond, rate, share } from './queries.js';

/** Gives a series of a process the name of its program. */
function byProgram(expression: string): string {
  return `${expression} * on (job, instance) group_left (program) group by (job, instance, program) (snoopy_build_info)`;
}

const DAY = 86_400;

const now = [
  figure({
    title: 'Agents connected',
    description: 'Agents with an open session at an aggregator.',
    unit: units.Number,
    query: 'max(snoopy_agents_connected)',
    limits: { good: 1, bad: 0.5 },
  }),
  figure({
    title: 'Agents missing',
    description: 'Agents whose session ended within the last hour and that have not come back.',
    unit: units.Number,
    query: 'count(max by (node) (snoopy_node_connected) == 0) or 0 * max(snoopy_agents_connected)',
    limits: { good: 0.5, bad: 1 },
  }),
  figure({
    title: 'Records lost',
    description: 'Of all flow records, those that some stage had to drop.',
    unit: units.PercentUnit,
    query: share(rate('snoopy_node_records_total', 'state="lost"'), rate('snoopy_node_records_total')),
    limits: { good: 0.0001, bad: 0.001 },
  }),
  figure({
    title: 'Series in “other”',
    description: 'Series of flow metrics that have no line of their own because --metrics-series is reached.',
    unit: units.Number,
    query: 'sum(snoopy_aggregator_series_folded)',
    limits: { good: 0.5, bad: 1 },
  }),
  figure({
    title: 'Next certificate to expire',
    description: 'Time until the first certificate in use is no longer valid. Nothing is shown without TLS.',
    unit: units.Seconds,
    query: 'min(snoopy_certificate_expiry_timestamp_seconds) - time()',
    limits: { good: 14 * DAY, bad: 7 * DAY },
    without: 'no TLS',
  }),
  figure({
    title: 'Live subscribers',
    description: 'Clients that read flows as they come: snoopy observe, snoopy top and others.',
    unit: units.Number,
    query: 'sum(snoopy_aggregator_subscribers)',
  }),
];

const losses: PanelSource[] = [
  lines({
    title: 'Lost, by stage and reason',
    description:
      'Everything that any stage had to drop, on any node. kernel_ring and pipe: packets came faster than they were read. flow_table: no room for another connection. uplink: the aggregator was away for longer than the queue lasts. link: records that never came. subscriber: one reader of live flows was too slow; nobody else lost anything. capture: a capture’s own packets.',
    unit: units.CountsPerSecond,
    queries: {
      '{{stage}}: {{reason}} ({{unit}})': rate('snoopy_lost_total', '', ['stage', 'reason', 'unit']),
    },
    stacked: true,
  }),
  lines({
    title: 'Lost, by node',
    description: 'The same by node; without a name: the aggregator itself.',
    unit: units.CountsPerSecond,
    queries: { '{{node}} ({{unit}})': rate('snoopy_lost_total', '', ['node', 'unit']) },
    stacked: true,
  }),
  lines({
    title: 'Records lost, share by node',
    description: 'Of the flow records of each node, those that were lost. The alert is at 0.1 %.',
    unit: units.PercentUnit,
    queries: {
      '{{node}}': share(
        rate('snoopy_node_records_total', 'state="lost"', ['node']),
        rate('snoopy_node_records_total', '', ['node']),
      ),
    },
  }),
  lines({
    title: 'Not watched',
    description: 'Seconds per second for which interfaces that should have been watched were not.',
    unit: units.Seconds,
    queries: { '{{instance}}': perSecond('snoopy_agent_blind_seconds_total') },
  }),
];

const agents: PanelSource[] = [
  table({
    title: 'Nodes without their agent',
    description: 'Nodes whose agent’s session ended within the last hour and that have not come back.',
    unit: units.Number,
    query: 'max by (node) (snoopy_node_connected) == 0',
    columns: { node: 'Node' },
    value: 'Connected',
    width: 6,
  }),
  table({
    title: 'Versions',
    description: 'Programs that are scraped, by version.',
    unit: units.Number,
    query: 'count by (program, version) (snoopy_build_info)',
    columns: { program: 'Program', version: 'Version' },
    value: 'Instances',
    width: 6,
  }),
  lines({
    title: 'Pods, by what is done with them',
    description:
      'watched: flows are recorded. left_out: there is no room, see the packet rings. Others are not selected, or could not be entered.',
    unit: units.Number,
    queries: { '{{state}}': 'sum by (state) (snoopy_agent_pods)' },
    stacked: true,
  }),
  lines({
    title: 'Records delivered, by node',
    description: 'Flow records that the aggregator has acknowledged.',
    unit: units.OpsPerSecond,
    queries: { '{{node}}': rate('snoopy_node_records_total', 'state="delivered"', ['node']) },
    stacked: true,
  }),
  lines({
    title: 'Packets decoded, by node',
    description: 'Packets that agents looked at. Where flows come from the kernel’s sockets these are few.',
    unit: units.PacketsPerSecond,
    queries: { '{{node}}': rate('snoopy_node_packets_total', '', ['node']) },
    stacked: true,
  }),
];

const queues: PanelSource[] = [
  lines({
    title: 'Records that wait, by agent',
    description:
      'Flow records that the aggregator has not acknowledged yet. It grows while the aggregator is away.',
    unit: units.Short,
    queries: { '{{instance}}': 'snoopy_agent_rows_queued' },
  }),
  lines({
    title: 'Their memory, by agent',
    description: 'At --uplink-memory the oldest are dropped, and counted as lost (stage uplink).',
    unit: units.BytesIEC,
    queries: { '{{instance}}': 'snoopy_agent_uplink_bytes' },
  }),
  lines({
    title: 'Flow table, share in use',
    description:
      'Connections in the agent’s table, of those that fit (--flow-memory). When it is full the longest idle connection leaves early, which loses nothing.',
    unit: units.PercentUnit,
    queries: { '{{instance}}': 'snoopy_agent_flows / snoopy_agent_flows_max' },
    most: 1,
  }),
  lines({
    title: 'Packet rings, share in use',
    description:
      'Interfaces watched, of those that --packet-memory serves. At 100 % further pods are left out.',
    unit: units.PercentUnit,
    queries: { '{{instance}}': 'snoopy_agent_packet_rings / snoopy_agent_packet_rings_max' },
    most: 1,
  }),
];

const aggregator: PanelSource[] = [
  lines({
    title: 'Connections that the merge holds',
    description: 'Connections of which records may still come.',
    unit: units.Short,
    queries: { '{{instance}}': 'snoopy_aggregator_connections' },
  }),
  lines({
    title: 'Folded into “other”',
    description:
      'Series without a line of their own, and connections per second without labels of their own. Sums stay right; raise --metrics-series to tell them apart.',
    unit: units.Short,
    queries: {
      'series {{instance}}': 'snoopy_aggregator_series_folded',
      'connections per second {{instance}}': perSecond('snoopy_aggregator_flows_folded_total'),
    },
  }),
  lines({
    title: 'Event loop, p99',
    description: 'How late the programs come to do their work. Above 0.1 s they are short of CPU.',
    unit: units.Seconds,
    queries: { '{{program}} {{instance}}': byProgram('nodejs_eventloop_lag_p99_seconds') },
  }),
  lines({
    title: 'Certificates',
    description: 'Time until each certificate in use is no longer valid. Nothing is shown without TLS.',
    unit: units.Seconds,
    queries: {
      '{{certificate}} {{instance}}': 'snoopy_certificate_expiry_timestamp_seconds - time()',
    },
  }),
];

const resources: PanelSource[] = [
  lines({
    title: 'CPU',
    description: 'Cores that each of Snoopy’s programs uses, without the tools that it runs.',
    unit: units.Short,
    queries: { '{{program}} {{instance}}': byProgram(perSecond('process_cpu_seconds_total')) },
  }),
  lines({
    title: 'Memory',
    description: 'Resident memory of each of Snoopy’s programs.',
    unit: units.BytesIEC,
    queries: { '{{program}} {{instance}}': byProgram('process_resident_memory_bytes') },
  }),
];

export const snoopyItself: Board = {
  uid: 'snoopy-itself',
  title: 'Snoopy / Snoopy itself',
  description: 'What Snoopy did not see and why, its agents, its queues, what it costs.',
  variables: [],
  rows: {
    Now: now,
    Losses: losses,
    Agents: agents,
    'Queues of the agents': queues,
    Aggregator: aggregator,
    Resources: resources,
  },
};
