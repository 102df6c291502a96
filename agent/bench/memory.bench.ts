import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type BenchRow, printRows } from '@snoopy/scripts/bench/bench-row';
import { Net } from '@snoopy/scripts/rig/netns';
import { AgentProcess, listed } from '../test/fakes/agent-process.js';
import { FakeAggregator, until } from '../test/fakes/aggregator.js';
import { memoryOf, processTree } from './process-tree.js';

/*
 * The memory of an agent that watches 20 pods full of traffic: of the node process, and of the whole process tree with
 * the kernel's packet rings. `npm run bench memory`; MINUTES in the environment of a run by hand makes it longer.
 */
const pods = 20;
const seconds = 20;
const sender = fileURLToPath(new URL('../test/fakes/datagram-sender.js', import.meta.url));
const flowMaker = fileURLToPath(new URL('../test/fakes/flow-maker.js', import.meta.url));

export async function run(lastsSeconds = seconds): Promise<BenchRow[]> {
  const net = new Net();
  const aggregator = new FakeAggregator();
  aggregator.keepRows = false;
  const agent = new AgentProcess();
  try {
    const bridge = net.bridge();
    const all = Array.from({ length: pods }, (_, i) => bridge.join(net.namespace(`p${i}`)));
    await aggregator.start();
    agent.list(all.map((pod) => listed(pod)));
    agent.start(aggregator.address);
    await until('all are watched', () => aggregator.report?.packetRings === pods, 30);
    for (const [i, pod] of all.entries()) {
      const to = bridge.v4(all[(i + 1) % pods]!);
      // Every pod: 500 datagrams a second; every fifth: 50 new flows a second.
      pod.spawn(process.execPath, [sender, to, '9', '100000000', '500'], { stdio: 'ignore' });
      if (i % 5 === 0)
        pod.spawn(process.execPath, [flowMaker, to, '1024', '65535', '50'], { stdio: 'ignore' });
    }
    let rss = 0;
    let tree = 0;
    for (let i = 0; i < lastsSeconds; i++) {
      await sleep(1_000);
      rss = Math.max(rss, memoryOf(agent.pid).rss);
      tree = Math.max(
        tree,
        processTree(agent.pid).reduce((sum, pid) => sum + memoryOf(pid).pss, 0),
      );
    }
    const what = `${pods} pods, ${pods * 500} packets/s`;
    const limit = (peerValue: number) => ({ peer: 'limit', peerValue });
    return [
      {
        bench: 'memory',
        what: `node process, ${what}`,
        ours: rss,
        ...limit(90),
        ratio: 90 / rss,
        unit: 'MiB RSS',
      },
      {
        bench: 'memory',
        what: `process tree with rings, ${what}`,
        ours: tree,
        ...limit(150),
        ratio: 150 / tree,
        unit: 'MiB PSS',
      },
    ];
  } finally {
    await agent.stop();
    aggregator.stop();
    net.close();
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  printRows(await run());
}
