import { ContainerdRig, type PodOptions, type RigPod } from '@snoopy/scripts/rig/containerd';
import { Namespace } from '@snoopy/scripts/rig/netns';
import { AgentProcess, isTcpdump } from './agent-process.js';
import { FakeAggregator, until } from './aggregator.js';

/** The network of a real pod, to run programs in beside its containers. */
export class PodNetwork extends Namespace {
  constructor(
    readonly pod: RigPod,
    readonly file: string,
    readonly sandboxPid: number,
  ) {
    super(pod.name, pod.name);
  }

  override get path(): string {
    return this.file;
  }

  /** All addresses of its eth0 but link-local ones. */
  addresses(): string[] {
    type Link = { addr_info: { local: string; scope: string }[] };
    const [link] = JSON.parse(this.run('ip', '-j', 'addr', 'show', 'eth0')) as Link[];
    return link!.addr_info.filter(({ scope }) => scope === 'global').map(({ local }) => local);
  }

  override pids(): number[] {
    const inside = this.run('sh', '-c', 'readlink /proc/self/ns/net').trim();
    const found = this.run('sh', '-c', `for p in /proc/[0-9]*; do echo $p $(readlink $p/ns/net); done`);
    return found
      .split('\n')
      .filter((line) => line.endsWith(` ${inside}`))
      .map((line) => Number(/\d+/.exec(line)![0]));
  }

  tcpdumps(): number[] {
    return this.pids().filter(isTcpdump);
  }

  /** Which of these live. */
  alive(tcpdumps: readonly number[]): number[] {
    return tcpdumps.filter(isTcpdump);
  }
}

/** A containerd of our own with pods, an aggregator, and an agent that watches all of them as an operator starts it. */
export class RealPods {
  readonly aggregator = new FakeAggregator();
  readonly agent = new AgentProcess();

  private constructor(readonly rig: ContainerdRig) {}

  static async start(...flags: readonly string[]): Promise<RealPods> {
    const pods = new RealPods(await ContainerdRig.start('snoopy-pods', { ipv6: true }));
    await pods.aggregator.start();
    pods.agent.startCri(pods.rig.socket, pods.aggregator.address, ...flags);
    return pods;
  }

  /** A pod with its network, and with a container that does nothing unless said otherwise. */
  async run(options: PodOptions, container = true): Promise<PodNetwork> {
    const pod = await this.rig.runPod(options);
    if (container) await this.rig.runContainer(pod, 'main', ['sleep', '100000']);
    const { netns, pid } = await this.rig.sandboxInfo(pod);
    return new PodNetwork(pod, netns, pid);
  }

  /** Waits until a pod is watched and its tcpdump listens: rows of these datagrams, to port 7, have come from it. */
  async seen(network: PodNetwork, from: PodNetwork): Promise<void> {
    const host = network.pod.ip;
    await until(`${network.label} is seen`, () => {
      from.run('bash', '-c', `echo x >/dev/udp/${host}/7`);
      return this.aggregator.rows.some(({ pod, local }) => pod === network.label && local.endsWith(':7'));
    });
  }

  async end(): Promise<void> {
    await this.agent.stop();
    this.aggregator.stop();
    await this.rig.stop();
  }
}
