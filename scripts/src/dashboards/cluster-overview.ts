import * as units from '@grafana/grafana-foundation-sdk/units';
import type { Board } from './board.js';
import * as flows from './flow-panels.js';
import { figure, lines, table } from './panel.js';
import { dnsFailureShare, quantile, rate, share, successShare, sum, top, where } from './queries.js';
import { namespaceVariable } from './variables.js';
import { workloadLink } from './workload-link.js';

/** Connections to the chosen namespaces, and from there to the world. */
const scope: flows.Scope = {
  matchers: 'dst_namespace=~"$namespace"',
  by: ['dst_namespace'],
  legend: '{{dst_namespace}}',
  one: 'namespace',
};

const TOP = 15;
const pair = {
  src_namespace: 'Client’s namespace',
  src_workload: 'Client',
  dst_namespace: 'Server’s namespace',
  dst_workload: 'Server',
  dst_port: 'Port',
};
const pairLabels = Object.keys(pair);
const toWorkload = workloadLink('The server', pair.dst_namespace, pair.dst_workload);

const failing = sum(
  'rate(snoopy_connections_total{outcome!="established",dst_namespace=~"$namespace"}[$__rate_interval])',
  [...pairLabels, 'outcome'],
);

export const clusterOverview: Board = {
  uid: 'snoopy-cluster',
  title: 'Snoopy / Cluster',
  description: 'Who talks to whom in the cluster, how well, and what Snoopy did not see.',
  variables: [namespaceVariable(true)],
  rows: {
    Now: [
      figure({
        title: 'Agents connected',
        description: 'Nodes that are watched. The dashboard “Snoopy itself” names those that are missing.',
        unit: units.Number,
        query: 'max(snoopy_agents_connected)',
        limits: { good: 1, bad: 0.5 },
      }),
      figure({
        title: 'Workloads that talk',
        description: 'Workloads that were connected to, since the aggregator started.',
        unit: units.Number,
        query:
          'count(group by (dst_namespace, dst_workload) (snoopy_flow_bytes_total{dst_namespace=~"$namespace"}))',
      }),
      figure({
        title: 'Connection attempts',
        description: 'Attempts to connect to the chosen namespaces, each counted once.',
        unit: units.OpsPerSecond,
        query: rate('snoopy_connections_total', scope.matchers),
      }),
      figure({
        title: 'Success rate',
        description: 'Of all attempts to connect, those that were established.',
        unit: units.PercentUnit,
        query: successShare(scope.matchers),
        limits: { good: 0.99, bad: 0.95 },
      }),
      figure({
        title: 'DNS errors',
        description:
          'Of all DNS questions that pods of the chosen namespaces asked, those without an answer or with one that says failure.',
        unit: units.PercentUnit,
        query: dnsFailureShare('src_namespace=~"$namespace"'),
        limits: { good: 0.01, bad: 0.05 },
      }),
      figure({
        title: 'Records lost by Snoopy',
        description:
          'Of all flow records, those that some stage had to drop: how far the rest of this dashboard is to be trusted.',
        unit: units.PercentUnit,
        query: share(rate('snoopy_node_records_total', 'state="lost"'), rate('snoopy_node_records_total')),
        limits: { good: 0.0001, bad: 0.001 },
      }),
    ],
    Connections: [
      flows.outcomes(scope),
      flows.success(scope),
      flows.handshake(scope),
      flows.roundTrip(scope),
      flows.retransmissions(scope),
      flows.pathLoss(scope),
    ],
    Traffic: [
      flows.bytes('request', 'Requests', scope),
      flows.bytes('reply', 'Replies', scope),
      lines({
        title: 'With the world',
        description:
          'Bytes of frames between pods of the chosen namespaces and addresses that are no pod’s: who connected is named first.',
        unit: units.BytesPerSecondSI,
        queries: {
          'pods to world': rate(
            'snoopy_flow_bytes_total',
            where('src_namespace=~"$namespace"', 'dst_namespace=""'),
          ),
          'world to pods': rate(
            'snoopy_flow_bytes_total',
            where('src_namespace=""', 'dst_namespace=~"$namespace"'),
          ),
        },
      }),
      lines({
        title: 'Packets by protocol',
        description: 'Frames in both directions.',
        unit: units.PacketsPerSecond,
        queries: { '{{protocol}}': rate('snoopy_flow_packets_total', scope.matchers, ['protocol']) },
        stacked: true,
      }),
    ],
    Who: [
      table({
        title: 'Most traffic',
        description:
          'Who exchanges the most bytes with whom, both directions together. A row leads to the server.',
        unit: units.BytesPerSecondSI,
        query: top(TOP, rate('snoopy_flow_bytes_total', scope.matchers, pairLabels)),
        columns: pair,
        value: 'Traffic',
        link: toWorkload,
      }),
      table({
        title: 'Most failures',
        description: 'Attempts to connect that were not established. A row leads to the server.',
        unit: units.OpsPerSecond,
        query: top(TOP, failing),
        columns: { ...pair, outcome: 'Outcome' },
        value: 'Failures',
        link: toWorkload,
      }),
      table({
        title: 'Slowest handshakes',
        description: 'The 99th percentile of the TCP handshake by server. A row leads to the server.',
        unit: units.Seconds,
        query: top(
          TOP,
          quantile(0.99, 'snoopy_tcp_handshake_seconds', scope.matchers, [
            'dst_namespace',
            'dst_workload',
            'dst_port',
          ]),
        ),
        columns: {
          dst_namespace: pair.dst_namespace,
          dst_workload: pair.dst_workload,
          dst_port: pair.dst_port,
        },
        value: 'p99',
        link: toWorkload,
      }),
      table({
        title: 'Most DNS errors',
        description: 'Share of DNS questions without an answer or with one that says failure, by who asked.',
        unit: units.PercentUnit,
        query: top(TOP, dnsFailureShare('src_namespace=~"$namespace"', ['src_namespace', 'src_workload'])),
        columns: { src_namespace: pair.src_namespace, src_workload: pair.src_workload },
        value: 'Errors',
      }),
    ],
    DNS: [
      flows.dnsAnswers({ ...scope, matchers: 'src_namespace=~"$namespace"' }),
      flows.dnsLatency({ ...scope, matchers: 'src_namespace=~"$namespace"' }),
    ],
  },
};
