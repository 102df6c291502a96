import t from 'tap';
import { RunningDemo } from './running-demo.js';
import { RunningPrometheus } from './running-prometheus.js';

// About 20 s.

t.test('Prometheus scrapes the aggregator and both agents, and sums by workload', async (t) => {
  const demo = new RunningDemo('-o', 'json');
  t.teardown(() => demo.signal('SIGTERM'));
  const { metrics } = await demo.addresses();
  const [, agents] = await demo.said(/agents' own: (.*)\)/);
  const targets = [metrics, ...agents!.split(' ')].map((url) => new URL(url).host);
  const prometheus = await RunningPrometheus.start(t, targets);

  const up = await prometheus.until('up == 1', 3);
  t.equal(up.length, 3, 'three targets are up');
  const failing = await prometheus.until('sum by (outcome) (snoopy_connections_total) > 0', 4);
  t.same(failing.map(({ metric }) => metric.outcome).sort(), [
    'established',
    'refused',
    'timeout',
    'unreachable',
  ]);
  const pairs = await prometheus.until(
    'sum by (src_workload, dst_workload) (snoopy_flow_bytes_total) > 0',
    5,
  );
  const names = pairs.map(({ metric }) => `${metric.src_workload} → ${metric.dst_workload}`);
  for (const pair of ['customer → web', 'web → api', 'api → db'])
    t.ok(names.includes(pair), `${pair} in ${names}`);
  const lost = await prometheus.until('snoopy_lost_total > 0', 0);
  t.same(lost, [], 'nothing was lost');

  const processes = demo.processes();
  demo.signal('SIGINT');
  t.match(await demo.end(), { code: 0 });
  t.same(demo.leftovers(processes), []);
});
