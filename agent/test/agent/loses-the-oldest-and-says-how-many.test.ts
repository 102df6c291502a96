import t from 'tap';
import { until } from '../fakes/aggregator.js';
import { WatchedPod } from '../fakes/watched-pod.js';

t.test('the aggregator is away for longer than the ring holds: reported lost = really lost', async (t) => {
  const rig = new WatchedPod();
  t.teardown(() => rig.end());
  await rig.start('--uplink-memory', '256KiB');
  const { aggregator, agent } = rig;
  aggregator.stop();
  await rig.makeFlows(1_000, 31_000, 15_000);
  await aggregator.start();
  await until('it is back', () => aggregator.connected, 20);
  await until('rows arrive', () => aggregator.rows.length > 0);
  t.equal(await agent.stop(), 0);
  const report = aggregator.report!;
  const arrived = new Set(aggregator.rows.map((row) => row.sequence)).size;
  t.ok(report.rowsLost > 1_000, `${report.rowsLost} rows lost`);
  t.equal(arrived + report.rowsLost, report.rowsSeen);
  t.equal(report.rowsDelivered, arrived);
  t.equal(aggregator.lostIn('uplink', 'full'), report.rowsLost, 'batches told the same number');
  const before = aggregator.rows.map((row) => row.sequence);
  t.same(
    before,
    [...before].sort((a, b) => a - b),
    'in order',
  );
});
