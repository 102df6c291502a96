import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { freePorts } from '../../src/demo/free-ports.js';
import { RunningDemo } from './running-demo.js';

// About 20 s.

interface Answer {
  readonly status: string;
  readonly data: { readonly result: readonly { metric: Record<string, string>; value: [number, string] }[] };
}

t.test('Prometheus scrapes the aggregator and both agents, and sums by workload', async (t) => {
  const demo = new RunningDemo('-o', 'json');
  t.teardown(() => demo.signal('SIGTERM'));
  const { metrics } = await demo.addresses();
  const [, agents] = await demo.said(/agents' own: (.*)\)/);
  const targets = [metrics, ...agents!.split(' ')].map((url) => new URL(url).host);
  const directory = t.testdir();
  const [port] = await freePorts([0]);
  const config = {
    scrape_configs: [{ job_name: 'snoopy', scrape_interval: '1s', static_configs: [{ targets }] }],
  };
  writeFileSync(join(directory, 'prometheus.yml'), JSON.stringify(config)); // JSON is YAML
  const prometheus = spawn(
    'prometheus',
    [
      `--config.file=${directory}/prometheus.yml`,
      `--storage.tsdb.path=${directory}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  );
  t.teardown(() => prometheus.kill('SIGKILL'));
  const ask = async (query: string): Promise<Answer['data']['result']> => {
    const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`;
    const answer = await fetch(url).then(
      (response) => (response.ok ? (response.json() as Promise<Answer>) : undefined), // 503 while it starts
      () => undefined,
    );
    return answer?.data?.result ?? [];
  };
  const until = async (query: string, enough: number) => {
    for (let i = 0; i < 60; i++) {
      const result = await ask(query);
      if (result.length >= enough) return result;
      await sleep(500);
    }
    return ask(query);
  };

  const up = await until('up == 1', 3);
  t.equal(up.length, 3, 'three targets are up');
  const failing = await until('sum by (outcome) (snoopy_connections_total) > 0', 4);
  t.same(failing.map(({ metric }) => metric.outcome).sort(), [
    'established',
    'refused',
    'timeout',
    'unreachable',
  ]);
  const pairs = await until('sum by (src_workload, dst_workload) (snoopy_flow_bytes_total) > 0', 5);
  const names = pairs.map(({ metric }) => `${metric.src_workload} → ${metric.dst_workload}`);
  for (const pair of ['customer → web', 'web → api', 'api → db'])
    t.ok(names.includes(pair), `${pair} in ${names}`);
  const lost = await until('snoopy_lost_total > 0', 0);
  t.same(lost, [], 'nothing was lost');

  const processes = demo.processes();
  demo.signal('SIGINT');
  t.match(await demo.end(), { code: 0 });
  t.same(demo.leftovers(processes), []);
});
