import { FlowState, Outcome, Protocol } from '@snoopy/proto';
import { Net } from '@snoopy/scripts/rig/netns';
import t from 'tap';
import { AgentProcess, listed, tcpdumpsIn } from '../fakes/agent-process.js';
import { FakeAggregator, until } from '../fakes/aggregator.js';

t.test(
  'a connection of a watched pod arrives within a second, and the agent leaves nothing behind',
  async (t) => {
    const net = new Net();
    const bridge = net.bridge();
    const web = bridge.join(net.namespace('web'));
    const client = bridge.join(net.namespace('client'));
    const aggregator = new FakeAggregator();
    await aggregator.start();
    const agent = new AgentProcess();
    t.teardown(async () => {
      await agent.stop();
      aggregator.stop();
      net.close();
    });
    agent.list([listed(web), listed(client)]);
    agent.start(aggregator.address);
    await until(
      'both are watched',
      () => [...aggregator.pods.values()].filter((pod) => pod.interfaces.length === 1).length === 2,
    );
    await until('tcpdump listens', () => tcpdumpsIn(web).length === 1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    web.spawn('busybox', ['nc', '-l', '-p', '80']);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const before = performance.now();
    client.spawn('busybox', ['nc', bridge.v4(web), '80']);
    const isIt = (row: { protocol: number; state: number }): boolean =>
      row.protocol === Protocol.tcp &&
      ((row.state >>> FlowState.outcomeShift) & FlowState.outcomeMask) === Outcome.established;
    await until('both ends', () => new Set(aggregator.rows.filter(isIt).map((row) => row.pod)).size === 2);
    for (const row of aggregator.rows.filter(isIt))
      t.ok(row.atMs - before < 1_000, `${row.pod} after ${row.atMs - before} ms`);
    t.equal(aggregator.hellos.length, 1);
    t.equal(await agent.stop(), 0);
    t.same(tcpdumpsIn(web), []);
    t.equal(aggregator.report!.rowsQueued, 0);
    t.equal(aggregator.report!.rowsSeen, aggregator.rows.length);
  },
);
