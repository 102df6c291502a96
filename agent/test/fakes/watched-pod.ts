import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Bridge, type Namespace, Net } from '@snoopy/scripts/rig/netns';
import { AgentProcess, listed, tcpdumpsIn } from './agent-process.js';
import { FakeAggregator, until } from './aggregator.js';

const flowMaker = fileURLToPath(new URL('./flow-maker.js', import.meta.url));

/** A pod and a client on a bridge, an aggregator, and an agent that watches the pod. */
export class WatchedPod {
  readonly net = new Net();
  readonly bridge: Bridge = this.net.bridge();
  readonly pod: Namespace = this.bridge.join(this.net.namespace('pod'));
  readonly client: Namespace = this.bridge.join(this.net.namespace('client'));
  readonly aggregator = new FakeAggregator();
  readonly agent = new AgentProcess();

  async start(...flags: readonly string[]): Promise<void> {
    const { pod, client, bridge, aggregator, agent } = this;
    // No ICMP, no ARP, no IPv6: every packet is a datagram, and one of its own to a closed port is a flow.
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
    await sleep(300);
  }

  /** Makes one flow for each port of a range; resolves when all are made. */
  async makeFlows(first: number, last: number, perSecond: number): Promise<void> {
    const args = [flowMaker, this.bridge.v4(this.pod), `${first}`, `${last}`, `${perSecond}`];
    await once(
      this.client.spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] }),
      'close',
    );
  }

  async end(): Promise<void> {
    await this.agent.stop();
    this.aggregator.stop();
    this.net.close();
  }
}
