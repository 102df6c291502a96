import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchRow, printRows } from '@snoopy/scripts/bench/bench-row';
import { Net } from '@snoopy/scripts/rig/netns';
import { AgentProcess, listed } from '../test/fakes/agent-process.js';
import { FakeAggregator, until } from '../test/fakes/aggregator.js';
import { ControlGroup } from './control-group.js';
import { LiveConnections } from './live-connections.js';
import { memoryOf, treeCpuSeconds } from './process-tree.js';

/*
 * The whole agent, its maps charged to it, with many living connections of which each moves in each window of 5 s.
 * `npm run bench -- flows-memory`; by hand `node agent/build/bench/flows-memory.bench.js [ENDS [WINDOWS]]`: so many windows pass
 * before anything is measured (1), for an agent whose code V8 has compiled it takes 10.
 */
const windows = 4;

async function run(ends: number, warmUp: number): Promise<BenchRow[]> {
  const net = new Net();
  const group = new ControlGroup();

  const aggregator = new FakeAggregator();
  aggregator.keepRows = false;
  const agent = new AgentProcess();
  try {
    const bridge = net.bridge();
    const [server, client] = [bridge.join(net.namespace('server')), bridge.join(net.namespace('client'))];
    await aggregator.start();
    agent.list([listed(server), listed(client)]);
    agent.start(aggregator.address, '--flows', 'kernel');
    group.take(agent.pid); // before it has loaded anything
    await until(
      'both are watched',
      () => [...aggregator.pods.values()].filter((pod) => pod.interfaces.length > 0).length === 2,
    );
    const live = new LiveConnections();
    await live.open(server, client, bridge.v4(server), ends);
    for (let i = 0; i < warmUp; i++) {
      await live.move();
      await sleep(5_000);
    }
    await sleep(1_000);
    const rows = (): number => aggregator.batches.reduce((sum, batch) => sum + batch.rows, 0);
    const [cpu, told, start] = [treeCpuSeconds(agent.pid), rows(), performance.now()];
    let charged = 0;
    let rss = 0;
    for (let i = 0; i < windows; i++) {
      const next = start + (i + 1) * 5_000;
      await live.move();
      await sleep(Math.max(0, next - performance.now()));
      charged = Math.max(charged, group.mebibytes);
      rss = Math.max(rss, memoryOf(agent.pid).rss);
    }
    const seconds = (performance.now() - start) / 1_000;
    const percent = ((treeCpuSeconds(agent.pid) - cpu) / seconds) * 100;
    const row = (what: string, ours: number, limit: number, unit: string, note?: string): BenchRow => ({
      bench: 'flows',
      what: `${what}, ${ends.toLocaleString('en')} living ends`,
      ours,
      unit,
      peer: 'limit',
      peerValue: limit,
      ratio: limit / ours,
      ...(note ? { note } : {}),
    });
    const note = `${Math.round((rows() - told) / windows).toLocaleString('en')} records in each window`;
    return [
      row('agent: memory charged, maps included', charged, 150, 'MiB'),
      row('agent: memory of the process', rss, Number.NaN, 'MiB RSS'),
      row('agent: CPU, all move in each window', percent, 5, '% of a core', note),
    ];
  } finally {
    await agent.stop();
    aggregator.stop();
    net.close();
    group.end();
  }
}

const wanted = process.argv[2];
for (const ends of wanted === undefined ? [1_000, 10_000, 100_000] : [Number(wanted)])
  printRows(await run(ends, Number(process.argv[3] ?? 1)));
process.exit(0);
