import { readFileSync, writeFileSync } from 'node:fs';
import { Net } from '@snoopy/scripts/rig/netns';
import t from 'tap';
import { AgentProcess, listed } from '../../fakes/agent-process.js';
import { FakeAggregator, until } from '../../fakes/aggregator.js';
import { whyNot } from '../kernel-rig.js';

const skip = whyNot();
const STATS = '/proc/sys/kernel/bpf_stats_enabled';
const address = `127.0.0.1:${20_000 + (process.pid % 10_000)}`;

t.test('the agent says what its programs do: fill of maps, reads, records, run time', { skip }, async (t) => {
  const net = new Net();
  const bridge = net.bridge();
  const [web, client] = ['web', 'client'].map((label) => bridge.join(net.namespace(label)));
  const aggregator = new FakeAggregator();
  await aggregator.start();
  const agent = new AgentProcess();
  const before = readFileSync(STATS, 'utf8');
  t.teardown(async () => {
    writeFileSync(STATS, before);
    await agent.stop();
    aggregator.stop();
    net.close();
  });
  writeFileSync(STATS, '1');
  agent.list([
    listed(web!),
    listed(client!),
    { namespace: 'shop', name: 'gone', netns: '/run/netns/snt-none' },
  ]);
  agent.start(aggregator.address, '--flows', 'kernel', '--http', address);
  await until('both are watched', () =>
    ['web', 'client'].every((name) => aggregator.pods.get(`uid-${name}`)?.interfaces.join() === 'eth0'),
  );
  web!.spawn('busybox', ['nc', '-l', '-p', '80', '-e', 'sleep', '100']);
  let page = '';
  const value = (series: string): number =>
    Number(new RegExp(`^${series.replace(/[{}]/g, '\\$&')} (\\S+)$`, 'm').exec(page)?.[1] ?? Number.NaN);
  const scrape = async (): Promise<void> => {
    page = await (await fetch(`http://${address}/metrics`)).text();
  };
  await until('it listens', () => web!.run('busybox', 'netstat', '-ltn').includes(':80 '));
  client!.spawn('busybox', ['nc', bridge.v4(web!), '80']);
  const end = performance.now() + 15_000;
  do {
    await scrape();
    await new Promise((resolve) => setTimeout(resolve, 200));
  } while (performance.now() < end && value('snoopy_agent_kernel_map_entries{map="connections"}') !== 2);
  t.equal(value('snoopy_agent_kernel_map_entries{map="connections"}'), 2, 'both ends of the connection');
  t.ok(value('snoopy_agent_kernel_map_entries_max{map="connections"}') > 10_000);
  t.ok(value('snoopy_agent_kernel_records_total{source="rows"}') >= 2, 'of the sockets’ ring');
  t.ok(value('snoopy_agent_kernel_passes_total{map="connections"}') >= 1);
  t.ok(value('snoopy_agent_kernel_read_seconds_total{map="connections"}') > 0);
  t.ok(value('snoopy_agent_kernel_read_longest_seconds{map="connections"}') < 1);
  t.ok(value('snoopy_agent_kernel_program_runs_total{program="snoopy_ingress"}') > 0);
  t.ok(value('snoopy_agent_kernel_program_seconds_total{program="set_state"}') > 0);
  t.ok(value('process_cpu_seconds_total') > 0);
  t.equal(value('snoopy_agent_pods{state="watched"}'), 2);
  for (const line of page.trim().split('\n'))
    t.match(line, /^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? \S+)$/);
});
