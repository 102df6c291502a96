import type { FlowMessage } from '@snoopy/proto';
import t, { type Test } from 'tap';
import { FakeAggregator, flow } from '../../fakes/fake-aggregator.js';
import { snoopyInProcess } from '../../fakes/in-process.js';
import { SnoopyProcess, snoopy, snoopyOnTerminal } from '../../fakes/snoopy-process.js';

let sequence = 0;
const fresh = (changes: FlowMessage): FlowMessage =>
  flow({ views: [{ agent: 'node-a', epoch: 1, sequence: sequence++ }], ...changes });
const endpoint = (pod: string, workload: string, port: number) => ({
  ip: '10.0.0.9',
  port,
  namespace: 'shop',
  pod,
  workload,
});
const counters = (bytes: number) => ({ packets: 10, bytes });

const flows = () => [
  fresh({
    opened: true,
    outcomeFinal: true,
    request: counters(1_000),
    reply: counters(9_000),
    handshakeSeconds: 0.002,
  }),
  fresh({
    source: endpoint('web-2', 'web', 1),
    request: counters(500),
    reply: counters(500),
    handshakeSeconds: 0.004,
  }),
  fresh({
    destination: endpoint('db-1', 'db', 5_432),
    opened: true,
    outcome: 'OUTCOME_REFUSED',
    outcomeFinal: true,
    request: counters(60),
    reply: counters(54),
  }),
  fresh({
    destination: { ip: '10.0.0.53', port: 53 },
    protocol: 'UDP',
    dns: [{ name: 'db.shop', type: 'A', rcode: 'NOERROR', latencySeconds: 0.001 }],
    request: counters(70),
    reply: counters(90),
  }),
  fresh({
    destination: { ip: '10.0.0.53', port: 53 },
    protocol: 'UDP',
    dns: [{ name: 'db.shop', type: 'A', rcode: 'NXDOMAIN', latencySeconds: 0.003 }],
    request: counters(70),
    reply: counters(90),
  }),
];

/** One window of what the server sends at once; a longer one where a busy machine takes longer than that. */
async function once(t: Test, ...args: string[]): Promise<string> {
  for (let seconds = 1; ; seconds *= 3) {
    const script = { flows: [{ flows: flows() }], stays: true };
    const { code, stdout } = await snoopyInProcess(['top', '--window', `${seconds}s`, ...args], script);
    t.equal(code, 0);
    if (/shop|10\.0/.test(stdout) || seconds > 20)
      return stdout.replaceAll(`"seconds":${seconds}`, '"seconds":1');
  }
}

async function rows(t: Test, ...args: string[]) {
  return (await once(t, '-o', 'json', ...args))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

t.test('by pairs of workloads', async (t) => {
  const found = await rows(t);
  t.match(found, [
    {
      by: 'workload',
      key: 'shop/web → shop/api',
      bytes: 11_000,
      packets: 40,
      connections: 1,
      failures: 0,
      meanLatencySeconds: 0.003,
    },
    { key: 'shop/web → 10.0.0.53', bytes: 320 },
    { key: 'shop/web → shop/db', bytes: 114, connections: 1, failures: 1 },
  ]);
  t.equal(found.length, 3);
});

t.test('by pods, by ports, by failures', async (t) => {
  t.strictSame(
    (await rows(t, '--by', 'pod')).map((row) => row.key),
    [
      'shop/web-1 → shop/api-1',
      'shop/web-2 → shop/api-1',
      'shop/web-1 → 10.0.0.53',
      'shop/web-1 → shop/db-1',
    ],
  );
  t.strictSame(
    (await rows(t, '--by', 'port', '--sort', 'failures')).map((row) => row.key),
    ['shop/db TCP 5432', 'shop/api TCP 8080', '10.0.0.53 UDP 53'],
  );
});

t.test('failures alone, by who fails to reach whom, and why', async (t) => {
  t.match(await rows(t, '--by', 'failures'), [
    {
      by: 'failures',
      key: 'shop/web → shop/db TCP 5432: refused by the destination (RST)',
      connections: 1,
      failures: 1,
    },
  ]);
});

t.test('by DNS names: questions, bad answers, latency', async (t) => {
  t.match(await rows(t, '--by', 'dns'), [
    { key: 'db.shop', connections: 2, failures: 1, bytes: 320, meanLatencySeconds: 0.002 },
  ]);
});

t.test('a table once', async (t) => {
  t.match(
    await once(t, '--once', '--rows', '1'),
    /^WORKLOAD +BYTES\/S +PACKETS\/S +CONNECTIONS +FAILURES +LATENCY\nshop\/web → shop\/api +\d+(\.\d)? k?B +\d+ +1 +0 +3\.0 ms\n$/,
  );
});

t.test('again and again until Ctrl-C; on a terminal over the same screen', async (t) => {
  const server = await FakeAggregator.start({ flows: (call) => call.write({ flows: flows() }) });
  t.teardown(() => server.stop());
  const process = new SnoopyProcess(['top', '--server', server.address]);
  const terminal = snoopyOnTerminal(['top', '--once', '--window', '1s', '--server', server.address]);
  await process.sees(/3 workload pairs, .* 2 connections, 1 failures[\s\S]*3 workload pairs/);
  process.kill('SIGINT');
  const { code, stdout } = await process.ended;
  t.equal(code, 0);
  t.notMatch(stdout, '\u001b');
  t.match((await terminal).screen, /shop\/web → shop\/api/);
});

t.test('nothing to see: the hints say why', async (t) => {
  const status = { hints: ['No agent is connected.'] };
  const { code, stderr } = await snoopyInProcess(['top', '--once', '--window', '1s'], {
    status,
    stays: true,
  });
  t.equal(code, 0);
  t.match(stderr, /No agent is connected/);
});

t.test('the aggregator refuses: it ends, and says why', async (t) => {
  const server = await FakeAggregator.start({
    flows: (call) => call.emit('error', { code: 3, details: 'No.' }),
  });
  t.teardown(() => server.stop());
  t.match(await snoopy(['top', '--server', server.address]), { code: 1, stderr: 'snoopy: No.\n' });
});
