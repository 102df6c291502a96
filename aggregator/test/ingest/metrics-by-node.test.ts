import type { AgentStatusMessage } from '@snoopy/proto';
import { Registry } from 'prom-client';
import t from 'tap';
import { addNodeMetrics } from '../../src/ingest/node-metrics.js';

const report = { rowsSeen: 110, rowsDelivered: 90, rowsQueued: 17, rowsLost: 3, packets: 1_000 };

t.test('one scrape tells about the agents of all nodes', async (t) => {
  let agents: AgentStatusMessage[] = [
    { name: 'node-a', connected: true, report },
    { name: 'node-b', connected: false, report: null },
  ];
  const registry = new Registry();
  addNodeMetrics(registry, () => agents);
  const lines = async () => (await registry.metrics()).split('\n').filter((line) => /^[^#]/.test(line));
  t.same(await lines(), [
    'snoopy_agents_connected 1',
    'snoopy_node_connected{node="node-a"} 1',
    'snoopy_node_connected{node="node-b"} 0',
    'snoopy_node_records_total{node="node-a",state="delivered"} 90',
    'snoopy_node_records_total{node="node-a",state="lost"} 3',
    'snoopy_node_packets_total{node="node-a"} 1000',
  ]);
  agents = [];
  t.same(await lines(), ['snoopy_agents_connected 0'], 'a node that is forgotten has no series');
});
