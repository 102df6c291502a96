import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Flow, GetStatusResponse } from '@snoopy/proto';
import { type Namespace, Net } from '../../src/rig/netns.js';
import { NodePrograms } from './node-programs.js';

const SNOOPY = fileURLToPath(new URL('../../../../aggregator/build/src/cli/main.js', import.meta.url));

export const CLIENT = '10.78.1.2';
export const SERVER = '10.78.2.2';
/** The router's side of the server's network: whom a masquerade makes the client. */
export const ROUTER = '10.78.2.1';
/** A Service's address, which no interface has. */
export const SERVICE = '10.96.0.10';

/**
 * Pods in two networks, `client` on node-a and `server` on node-b, each with its agent, and between them a router that
 * makes a Service of the server: SERVICE:80 is SERVER:8080; SERVICE:81 is SERVER:8081, for which the client is
 * masqueraded too; SERVER:8082 is masqueraded alone. Frames on the wire are segments: nothing is offloaded.
 */
export class NatNodes {
  readonly net = new Net();
  readonly client: Namespace = this.net.namespace('client');
  readonly router: Namespace = this.net.namespace('router');
  readonly server: Namespace = this.net.namespace('server');
  readonly programs = new NodePrograms();
  /** What `snoopy observe -f -o json` has printed. */
  readonly flows: Flow[] = [];
  /** The same, of what was lost on the way here. */
  readonly lost: string[] = [];
  #observer: ChildProcess | undefined;

  /** @param flags of the agents */
  static async start(flags: readonly string[]): Promise<NatNodes> {
    const nodes = new NatNodes();
    try {
      nodes.#connect();
      await nodes.programs.start({ 'node-a': nodes.client, 'node-b': nodes.server }, flags);
      nodes.#observe();
      await nodes.watched();
    } catch (error) {
      await nodes.stop();
      throw error;
    }
    return nodes;
  }

  async stop(): Promise<void> {
    this.#observer?.kill('SIGKILL');
    await this.programs.stop();
    this.net.close();
  }

  /** A rule in the router that drops every so many of what fits. @returns reads how many it has dropped */
  lose(every: number, ...match: readonly string[]): () => number {
    const counting = ['-m', 'statistic', '--mode', 'nth', '--every', String(every), '--packet', '0'];
    this.router.run('iptables', '-w', '-A', 'FORWARD', ...match, ...counting, '-j', 'DROP');
    return () => {
      const lines = this.router.run('iptables', '-w', '-nvxL', 'FORWARD').trim().split('\n');
      return Number(lines.at(-1)!.trim().split(/\s+/)[0]);
    };
  }

  noMoreLoss(): void {
    this.router.run('iptables', '-w', '-F', 'FORWARD');
  }

  /** Waits until something holds of the flows printed so far. */
  async until(what: string, holds: (flows: readonly Flow[]) => boolean, seconds = 15): Promise<void> {
    const end = performance.now() + seconds * 1_000;
    while (!holds(this.flows)) {
      if (performance.now() > end) throw new Error(`not within ${seconds} s: ${what}\n${tell(this.flows)}`);
      await sleep(50);
    }
  }

  /** Sum of a metric's samples whose line has all of some texts. */
  async metric(name: string, ...texts: readonly string[]): Promise<number> {
    const page = await (await fetch(`${this.programs.http}/metrics`)).text();
    const lines = page.split('\n').filter((line) => line.startsWith(`${name}{`));
    return lines
      .filter((line) => texts.every((text) => line.includes(text)))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  #connect(): void {
    const { client, router, server } = this;
    this.net.link(client, router, 'eth0', 'c0');
    this.net.link(server, router, 'eth0', 's0');
    for (const [namespace, name, address] of [
      [client, 'eth0', `${CLIENT}/24`],
      [router, 'c0', '10.78.1.1/24'],
      [router, 's0', `${ROUTER}/24`],
      [server, 'eth0', `${SERVER}/24`],
    ] as const) {
      namespace.run('ip', 'addr', 'add', address, 'dev', name);
      namespace.run('ethtool', '-K', name, 'tso', 'off', 'gso', 'off', 'gro', 'off');
    }
    client.run('ip', 'route', 'add', 'default', 'via', '10.78.1.1');
    server.run('ip', 'route', 'add', 'default', 'via', ROUTER);
    router.sysctl('net.ipv4.ip_forward', 1);
    const nat = (...rule: string[]) => router.run('iptables', '-w', '-t', 'nat', '-A', ...rule);
    for (const [port, target] of [
      ['80', '8080'],
      ['81', '8081'],
    ] as const) {
      const to = ['-j', 'DNAT', '--to-destination', `${SERVER}:${target}`];
      nat('PREROUTING', '-p', 'tcp', '-d', SERVICE, '--dport', port, ...to);
    }
    nat('POSTROUTING', '-o', 's0', '-p', 'tcp', '--dport', '8081:8082', '-j', 'MASQUERADE', '--random-fully');
  }

  #observe(): void {
    const args = [SNOOPY, 'observe', '-f', '-o', 'json', '--server', this.programs.server];
    this.#observer = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let rest = '';
    this.#observer.stdout!.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const told = JSON.parse(line) as Flow | { lost: unknown };
        if ('lost' in told) this.lost.push(line);
        else this.flows.push(told);
      }
    });
  }

  /** Waits until both agents watch their pods. */
  async watched(): Promise<void> {
    const args = [SNOOPY, 'status', '-o', 'json', '--server', this.programs.server];
    for (;;) {
      const status = await promisify(execFile)(process.execPath, args);
      const { agents } = JSON.parse(status.stdout) as GetStatusResponse;
      const pods = agents.flatMap((agent) => agent.pods);
      if (pods.filter(({ state }) => state === 'WATCH_STATE_WATCHED').length === 2) break;
      await sleep(100);
    }
    // tcpdump says that it listens a little before it does.
    await sleep(300);
  }
}

function tell(flows: readonly Flow[]): string {
  return flows
    .slice(-40)
    .map(({ source, destination, translation, outcome, closed, partial, views }) => {
      const ends = [source, destination].map((end) => `${end?.pod}/${end?.ip}:${end?.port}`);
      return `${ends.join(' → ')} ${translation} ${outcome} ${closed} ${partial} ${views.map(({ agent }) => agent)}`;
    })
    .join('\n');
}
