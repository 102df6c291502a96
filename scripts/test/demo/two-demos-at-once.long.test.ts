import t from 'tap';
import { RunningDemo } from './running-demo.js';
import { parseFlows } from './shop-flow.js';

// About 20 s.
t.test('two demos at once do not meet', async (t) => {
  const demos = [1, 2].map(() => new RunningDemo('--duration', '10s', '-o', 'json'));
  const addresses = await Promise.all(demos.map((demo) => demo.addresses()));
  t.not(addresses[0]!.server, addresses[1]!.server);
  t.not(addresses[0]!.metrics, addresses[1]!.metrics);
  const processes = demos.map((demo) => demo.processes());
  const ends = await Promise.all(demos.map((demo) => demo.end()));
  demos.forEach((demo, i) => {
    t.equal(ends[i]!.code, 0, demo.stderr);
    t.ok(parseFlows(demo.stdout).flows.length > 30);
    t.same(demo.leftovers(processes[i]!), []);
  });
});
