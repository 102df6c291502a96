import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Net } from '@snoopy/scripts/rig/netns';
import t from 'tap';
import { isTcpdump, listed } from '../fakes/agent-process.js';
import { type Row, until } from '../fakes/aggregator.js';

const agentMain = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const aggregatorMain = fileURLToPath(new URL('../fakes/aggregator-process.js', import.meta.url));

t.test('Snoopy’s own link is in nobody’s flows: not the agent’s pod’s, not the aggregator’s', async (t) => {
  const net = new Net();
  t.teardown(() => net.close());
  const bridge = net.bridge();
  const here = bridge.join(net.namespace('here'));
  const there = bridge.join(net.namespace('there'));
  const aggregator = there.spawn(process.execPath, [aggregatorMain, bridge.v4(there)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  aggregator.stdout!.on('data', (text: Buffer) => {
    output += text.toString();
  });
  await until('the aggregator listens', () => output.includes('\n'));
  const port = output.trim();
  output = '';
  const list = `${t.testdir()}/pods.json`;
  writeFileSync(list, JSON.stringify([listed(here), listed(there)]));
  const flags = [
    '--aggregator',
    `${bridge.v4(there)}:${port}`,
    '--pods',
    `netns:${list}`,
    '--flows',
    'packets',
    '--host-network',
    '--plaintext',
  ];
  const agent = here.spawn(
    process.execPath,
    [agentMain, ...flags, '--node-name', 'n', '--http', '127.0.0.1:9966'],
    {
      stdio: 'ignore',
    },
  );
  await until('both are watched', () => [here, there].every((pod) => pod.pids().some(isTcpdump)));
  await sleep(500);
  const wget = await here.execute('busybox', ['wget', '-qO-', `http://${bridge.v4(there)}:1/`]); // refused: a flow of its own
  t.not(wget.code, 0);
  await sleep(1_000);
  const page = await here.execute('busybox', ['wget', '-qO-', 'http://127.0.0.1:9966/metrics']);
  agent.kill('SIGTERM');
  await once(agent, 'exit');
  aggregator.stdin!.end();
  await once(aggregator, 'close');
  const rows = JSON.parse(output) as Row[];
  t.ok(
    rows.some((row) => row.peer.endsWith(':1')),
    'other connections are seen',
  );
  t.ok(
    rows.some((row) => row.local.endsWith(':1')),
    'at both ends',
  );
  t.same(
    rows.filter((row) => row.peer.endsWith(`:${port}`) || row.local.endsWith(`:${port}`)),
    [],
  );
  t.match(page.stdout, /snoopy_agent_excluded_packets_total [1-9]/);
});
