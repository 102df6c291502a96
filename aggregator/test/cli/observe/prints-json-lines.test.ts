import t from 'tap';
import { FakeAggregator, flow } from '../../fakes/fake-aggregator.js';
import { snoopy } from '../../fakes/snoopy-process.js';

t.test('one object a line, as the proto has it, numbers as numbers', async (t) => {
  const big = 2 ** 53 - 1;
  const server = await FakeAggregator.start({
    flows: (call) => {
      call.write({
        flows: [flow({ request: { packets: 1, bytes: big } })],
        lost: [{ node: 'node-a', stage: 'uplink', reason: 'full', count: 7, unit: 'LOSS_UNIT_RECORDS' }],
      });
      call.write({ flows: [flow({ dns: [{ name: 'a.b', type: 'A', rcode: 'NXDOMAIN' }] })] });
      call.end();
    },
  });
  t.teardown(() => server.stop());
  const { code, stdout, stderr } = await snoopy(['observe', '-o', 'json', '--server', server.address]);
  t.strictSame([code, stderr], [0, '']);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  t.strictSame(lines[0], {
    lost: { node: 'node-a', stage: 'uplink', reason: 'full', count: 7, unit: 'LOSS_UNIT_RECORDS' },
  });
  t.match(lines[1], {
    time: '2027-01-15T08:00:00.123456Z',
    durationSeconds: 0.5,
    source: { ip: '10.0.0.1', port: 41_234, namespace: 'shop', pod: 'web-1', labels: { app: 'web' } },
    outcome: 'OUTCOME_ESTABLISHED',
    outcomeFinal: false,
    request: { packets: 1, bytes: big, zeroWindows: 0 },
    views: [{ agent: 'node-a', epoch: 1_799_999_999_000_000, sequence: 1 }, {}],
    dns: [],
  });
  t.match(lines[2], { dns: [{ name: 'a.b', rcode: 'NXDOMAIN', latencySeconds: 0 }] });
});
