import { setTimeout as sleep } from 'node:timers/promises';
import { FlowState, Protocol } from '@snoopy/proto';
import t from 'tap';
import { until } from '../fakes/aggregator.js';
import { WatchedPod } from '../fakes/watched-pod.js';

t.test(
  'the aggregator is away for a while: every row arrives, in order, and the outage is said once',
  async (t) => {
    const rig = new WatchedPod();
    t.teardown(() => rig.end());
    await rig.start();
    const { aggregator, agent } = rig;
    // The interfaces themselves talk too: neighbour discovery is ICMPv6.
    const udp = () => aggregator.rows.filter((row) => row.protocol === Protocol.udp);
    aggregator.acknowledge = false; // what was sent must be sent again
    const made = rig.makeFlows(1_000, 7_000, 2_000);
    await until('rows have come that will come again', () => udp().length > 1_000);
    aggregator.stop();
    await sleep(1_500);
    aggregator.acknowledge = true;
    await aggregator.start();
    await made;
    await until('all flows are there', () => new Set(udp().map((row) => row.local)).size >= 6_001);
    t.equal(agent.logged('no connection to the aggregator'), 1);
    t.equal(agent.logged('"connected"'), 2);
    t.equal(await agent.stop(), 0);
    const sequences = aggregator.rows.map((row) => row.sequence);
    const unique = new Set(sequences);
    t.equal(unique.size, aggregator.report!.rowsSeen, 'every row came');
    t.equal(Math.max(...sequences), unique.size - 1);
    t.ok(sequences.length > unique.size, 'some came twice, under the same number');
    t.equal(aggregator.report!.rowsLost, 0);
    const opened = new Map(
      udp()
        .filter((row) => row.state & FlowState.opened)
        .map((row) => [row.sequence, row.local]),
    );
    t.equal(new Set(opened.values()).size, 6_001);
    t.equal(opened.size, 6_001, 'each flow was opened once');
    t.equal(new Set(aggregator.hellos.map((hello) => hello.epoch)).size, 1);
    t.equal(aggregator.hellos[1]!.nextSequence, 0, 'the oldest row that is kept');
  },
);
