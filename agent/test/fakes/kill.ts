import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Net } from '@snoopy/scripts/rig/netns';
import { AgentProcess, isTcpdump, listed } from './agent-process.js';
import { FakeAggregator, until } from './aggregator.js';

const sender = fileURLToPath(new URL('./datagram-sender.js', import.meta.url));

/** Kills an agent that watches four pods full of traffic. Returns how many tcpdumps it had and how many lived 2 s later. */
export async function killUnderLoad(): Promise<{ started: number; left: number }> {
  const net = new Net();
  const aggregator = new FakeAggregator();
  aggregator.keepRows = false;
  const agent = new AgentProcess();
  try {
    const bridge = net.bridge();
    const pods = [1, 2, 3, 4].map((i) => bridge.join(net.namespace(`pod${i}`)));
    await aggregator.start();
    agent.list(pods.map((pod) => listed(pod)));
    pods[1]!.spawn(process.execPath, [sender, bridge.v4(pods[0]!), '9', '10000000', '30000']);
    agent.start(aggregator.address);
    const tools = (): number[] => pods.flatMap((pod) => pod.pids()).filter(isTcpdump);
    await until('all four are watched', () => tools().length >= 4);
    await sleep(300 + Math.random() * 700);
    const started = new Set(tools());
    agent.kill('SIGKILL');
    await sleep(2_000);
    return { started: Math.min(4, started.size), left: [...started, ...tools()].filter(isTcpdump).length };
  } finally {
    await agent.stop();
    aggregator.stop();
    net.close();
  }
}
