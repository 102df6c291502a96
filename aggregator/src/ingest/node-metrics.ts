import type { AgentStatusMessage } from '@snoopy/proto';
import { Counter, Gauge, type Registry } from 'prom-client';

type Agents = () => readonly AgentStatusMessage[];

/** Each node's agent as the aggregator knows it, so that one scrape tells about all nodes. */
export function addNodeMetrics(registry: Registry, agents: Agents): void {
  const registers = [registry];
  new Gauge({
    name: 'snoopy_agents_connected',
    help: 'Agents whose session is open.',
    registers,
    collect() {
      this.set(agents().filter(({ connected }) => connected).length);
    },
  });
  new Gauge({
    name: 'snoopy_node_connected',
    help: '1 while the session of the node’s agent is open, 0 for an hour after it is gone.',
    labelNames: ['node'],
    registers,
    collect() {
      this.reset();
      for (const { name = '', connected } of agents()) this.set({ node: name }, Number(connected));
    },
  });
  new Counter({
    name: 'snoopy_node_records_total',
    help: 'Flow records by what became of them, as the node’s agent says: delivered (acknowledged) or lost.',
    labelNames: ['node', 'state'],
    registers,
    collect() {
      this.reset();
      for (const { name: node = '', report } of agents()) {
        if (!report) continue;
        this.inc({ node, state: 'delivered' }, Number(report.rowsDelivered ?? 0));
        this.inc({ node, state: 'lost' }, Number(report.rowsLost ?? 0));
      }
    },
  });
  new Counter({
    name: 'snoopy_node_packets_total',
    help: 'Packets that the node’s agent has decoded.',
    labelNames: ['node'],
    registers,
    collect() {
      this.reset();
      for (const { name: node = '', report } of agents()) {
        if (report) this.inc({ node }, Number(report.packets ?? 0));
      }
    },
  });
}
