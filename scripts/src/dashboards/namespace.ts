import * as units from '@grafana/grafana-foundation-sdk/units';
import type { Board } from './board.js';
import * as flows from './flow-panels.js';
import { figure, lines, type PanelSource, table } from './panel.js';
import { perSecond, rate, renamed, successShare, sum, top, where } from './queries.js';
import { namespaceVariable } from './variables.js';
import { workloadLink } from './workload-link.js';

const inside = 'dst_namespace=~"$namespace"';
const outside = 'src_namespace=~"$namespace"';

/** Connections to the namespace's workloads. */
const served: flows.Scope = {
  matchers: inside,
  by: ['dst_workload'],
  legend: '{{dst_workload}}',
  one: 'workload connected to',
};
/** Connections that they make. */
const made: flows.Scope = {
  matchers: outside,
  by: ['src_workload'],
  legend: '{{src_workload}}',
  one: 'workload that connects',
};

/** Bytes by workload, whoever connected. */
function workloadBytes(sent: boolean): string {
  const asClient = where(outside, `direction="${sent ? 'request' : 'reply'}"`);
  const asServer = where(inside, `direction="${sent ? 'reply' : 'request'}"`);
  const client = renamed(perSecond('snoopy_flow_bytes_total', asClient), 'src_workload', 'workload');
  const server = renamed(perSecond('snoopy_flow_bytes_total', asServer), 'dst_workload', 'workload');
  return top(10, sum(`${client} or ${server}`, ['workload']));
}

function volume(title: string, sent: boolean): PanelSource {
  return lines({
    title,
    description: `Bytes of frames that workloads of the namespace ${sent ? 'send' : 'receive'}, whoever connected. The 10 largest.`,
    unit: units.BytesPerSecondSI,
    queries: { '{{workload}}': workloadBytes(sent) },
    stacked: true,
  });
}

export const namespace: Board = {
  uid: 'snoopy-namespace',
  title: 'Snoopy / Namespace',
  description: 'The workloads of a namespace: what they serve, whom they call, and how well.',
  variables: [namespaceVariable(true)],
  rows: {
    Now: [
      figure({
        title: 'Attempts to it',
        description: 'Attempts to connect to workloads of the namespace.',
        unit: units.OpsPerSecond,
        query: rate('snoopy_connections_total', inside),
        width: 6,
      }),
      figure({
        title: 'Success rate to it',
        description: 'Of all attempts to connect to the namespace, those that were established.',
        unit: units.PercentUnit,
        query: successShare(inside),
        limits: { good: 0.99, bad: 0.95 },
        width: 6,
      }),
      figure({
        title: 'Attempts from it',
        description: 'Attempts of the namespace’s workloads to connect, to anybody.',
        unit: units.OpsPerSecond,
        query: rate('snoopy_connections_total', outside),
        width: 6,
      }),
      figure({
        title: 'Success rate from it',
        description: 'Of all attempts of the namespace’s workloads to connect, those that were established.',
        unit: units.PercentUnit,
        query: successShare(outside),
        limits: { good: 0.99, bad: 0.95 },
        width: 6,
      }),
    ],
    Traffic: [volume('Sent, by workload', true), volume('Received, by workload', false)],
    'Connections to it': [
      flows.outcomes(served),
      flows.success(served),
      flows.handshake(served),
      flows.roundTrip(served),
      flows.retransmissions(served),
      flows.pathLoss(served),
    ],
    'Connections from it': [
      flows.outcomes(made),
      flows.success(made),
      flows.handshake(made),
      flows.roundTrip(made),
      flows.retransmissions(made),
      flows.pathLoss(made),
    ],
    'Who with whom': [
      table({
        title: 'Who calls it',
        description: 'Attempts to connect to the namespace by client and server. A row leads to the server.',
        unit: units.OpsPerSecond,
        query: top(
          25,
          rate('snoopy_connections_total', inside, [
            'src_namespace',
            'src_workload',
            'dst_namespace',
            'dst_workload',
            'dst_port',
          ]),
        ),
        columns: {
          src_namespace: 'From namespace',
          src_workload: 'Client',
          dst_namespace: 'Namespace',
          dst_workload: 'Server',
          dst_port: 'Port',
        },
        value: 'Attempts',
        link: workloadLink('The server', 'Namespace', 'Server'),
      }),
      table({
        title: 'Whom it calls',
        description:
          'Attempts of the namespace’s workloads to connect, by server. A row leads to the client.',
        unit: units.OpsPerSecond,
        query: top(
          25,
          rate('snoopy_connections_total', outside, [
            'src_namespace',
            'src_workload',
            'dst_namespace',
            'dst_workload',
            'dst_port',
          ]),
        ),
        columns: {
          src_namespace: 'Namespace',
          src_workload: 'Client',
          dst_namespace: 'To namespace',
          dst_workload: 'Server',
          dst_port: 'Port',
        },
        value: 'Attempts',
        link: workloadLink('The client', 'Namespace', 'Client'),
      }),
    ],
    DNS: [flows.dnsAnswers(made), flows.dnsErrors(made), flows.dnsLatency(made)],
  },
};
