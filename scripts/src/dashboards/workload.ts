import * as units from '@grafana/grafana-foundation-sdk/units';
import type { Board } from './board.js';
import * as flows from './flow-panels.js';
import { figure, type PanelSource } from './panel.js';
import { either, quantile, rate, successShare, where } from './queries.js';
import { namespaceVariable, workloadVariable } from './variables.js';

const asServer = 'dst_namespace=~"$namespace",dst_workload=~"$workload"';
const asClient = 'src_namespace=~"$namespace",src_workload=~"$workload"';

const clients: flows.Scope = {
  matchers: asServer,
  by: ['src_namespace', 'src_workload'],
  legend: '{{src_namespace}}/{{src_workload}}',
  one: 'client',
};
const servers: flows.Scope = {
  matchers: asClient,
  by: ['dst_namespace', 'dst_workload', 'dst_port'],
  legend: '{{dst_namespace}}/{{dst_workload}}:{{dst_port}}',
  one: 'server',
};

/** Bytes that leave the workload, or come to it, whoever connected. */
function volume(sent: boolean): string {
  const bytes = (matchers: string, direction: string): string =>
    rate('snoopy_flow_bytes_total', where(matchers, `direction="${direction}"`));
  return either(bytes(asClient, sent ? 'request' : 'reply'), bytes(asServer, sent ? 'reply' : 'request'));
}

function connections(scope: flows.Scope): PanelSource[] {
  return [
    flows.outcomes(scope),
    flows.success(scope),
    flows.bytes('request', 'Requests', scope),
    flows.bytes('reply', 'Replies', scope),
    flows.handshake(scope),
    flows.roundTrip(scope),
    flows.retransmissions(scope),
    flows.pathLoss(scope),
    flows.endings(scope),
  ];
}

const asksDns: flows.Scope = { ...servers, by: ['dst_namespace', 'dst_workload'], one: 'DNS server' };

export const workload: Board = {
  uid: 'snoopy-workload',
  title: 'Snoopy / Workload',
  description: 'One workload, as a server and as a client.',
  variables: [namespaceVariable(false), workloadVariable()],
  rows: {
    Now: [
      figure({
        title: 'Success rate as server',
        description: 'Of all attempts to connect to it, those that were established.',
        unit: units.PercentUnit,
        query: successShare(asServer),
        limits: { good: 0.99, bad: 0.95 },
      }),
      figure({
        title: 'Success rate as client',
        description: 'Of all its attempts to connect, those that were established.',
        unit: units.PercentUnit,
        query: successShare(asClient),
        limits: { good: 0.99, bad: 0.95 },
      }),
      figure({
        title: 'Handshake as server, p99',
        description: 'Of 100 clients, the slowest but one waits so long for a connection.',
        unit: units.Seconds,
        query: quantile(0.99, 'snoopy_tcp_handshake_seconds', asServer),
      }),
      figure({
        title: 'Handshake as client, p99',
        description: 'Of 100 connections that it makes, the slowest but one takes so long.',
        unit: units.Seconds,
        query: quantile(0.99, 'snoopy_tcp_handshake_seconds', asClient),
      }),
      figure({
        title: 'Sent',
        description: 'Bytes of frames that leave the workload, whoever connected.',
        unit: units.BytesPerSecondSI,
        query: volume(true),
      }),
      figure({
        title: 'Received',
        description: 'Bytes of frames that come to the workload, whoever connected.',
        unit: units.BytesPerSecondSI,
        query: volume(false),
      }),
    ],
    'As a server': connections(clients),
    'As a client': connections(servers),
    'DNS that it asks': [
      flows.dnsAnswers(asksDns),
      flows.dnsErrors({ ...asksDns, legend: '{{dst_namespace}}/{{dst_workload}}' }),
      flows.dnsLatency(asksDns),
    ],
  },
};
