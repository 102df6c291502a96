import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Protocol } from '@snoopy/proto';
import { Net } from '@snoopy/scripts/rig/netns';
import { AgentProcess, listed, tcpdumpsIn } from './agent-process.js';
import { FakeAggregator, until } from './aggregator.js';

const sender = fileURLToPath(new URL('./datagram-sender.js', import.meta.url));

export interface Exactness {
  readonly sent: number;
  /** In rows, as received by the pod. */
  readonly counted: number;
  /** As the agent's last report says, all stages together. */
  readonly lost: number;
  /** As batches told. */
  readonly told: number;
}

/**
 * Numbered datagrams into a watched pod, while something happens to the agent. Returns what was sent and what became of
 * it.
 */
export async function countDatagrams(
  datagrams: number,
  perSecond: number,
  meanwhile: (agent: AgentProcess) => Promise<void>,
  flags: readonly string[] = [],
): Promise<Exactness> {
  const net = new Net();
  const aggregator = new FakeAggregator();
  const agent = new AgentProcess();
  try {
    const bridge = net.bridge();
    const pod = bridge.join(net.namespace('pod'));
    const client = bridge.join(net.namespace('client'));
    // No ICMP, no ARP, no IPv6 in between: every packet is a datagram.
    pod.run('iptables', '-w', '-A', 'OUTPUT', '-p', 'icmp', '-j', 'DROP');
    client.run(
      'ip',
      'neigh',
      'replace',
      bridge.v4(pod),
      'lladdr',
      pod.mac(),
      'nud',
      'permanent',
      'dev',
      'eth0',
    );
    for (const one of [pod, client, bridge.namespace]) one.sysctl('net.ipv6.conf.all.disable_ipv6', 1);
    await aggregator.start();
    agent.list([listed(pod)]);
    agent.start(aggregator.address, ...flags);
    await until('the pod is watched', () => aggregator.pods.get('uid-pod')?.interfaces.length === 1);
    await until('tcpdump runs', () => tcpdumpsIn(pod).length === 1);
    await sleep(500);
    const child = client.spawn(
      process.execPath,
      [sender, bridge.v4(pod), '9', `${datagrams}`, `${perSecond}`],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let output = '';
    child.stdout!.on('data', (text: Buffer) => {
      output += text.toString();
    });
    await Promise.all([once(child, 'close'), meanwhile(agent)]);
    await agent.stop();
    const rows = aggregator.rows.filter((row) => row.protocol === Protocol.udp && row.local.endsWith(':9'));
    return {
      sent: Number(output),
      counted: rows.reduce((sum, row) => sum + row.receivedPackets, 0),
      lost: (aggregator.report?.lost ?? []).reduce((sum, one) => sum + Number(one.count), 0),
      told: aggregator.lost.reduce((sum, one) => sum + Number(one.count), 0),
    };
  } finally {
    await agent.stop();
    aggregator.stop();
    net.close();
  }
}
