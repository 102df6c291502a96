import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Net } from '../rig/netns.js';
import { claimPorts, type PortClaim } from './free-ports.js';
import type { DemoOptions } from './options.js';
import { Program } from './program.js';
import { buildShop, NODES, type Shop } from './shop.js';
import { shop } from './shoppers.js';
import { waitForPods } from './watched-pods.js';

/** Ports that are tried first: those of DESIGN section 5, then one for each agent's own HTTP. */
const PORTS = { agents: 4244, clients: 4245, http: 9965, agent: 9966 };
/** After the agents have flushed, until what they sent is on the screen, milliseconds. */
const LAST_WORDS = 700;

/** Where a running demo can be reached. */
export interface Addresses {
  readonly clients: string;
  /** Folder with ca.crt and token, for `snoopy --tls-dir`. */
  readonly trust: string;
  readonly metrics: string;
  readonly agentMetrics: readonly string[];
}

/** Starts everything in order (sinks first) and ends everything in order (sources first). */
export class Demo {
  readonly #net = new Net({ signals: false });
  readonly #directory = mkdtempSync(join(tmpdir(), `snoopy-demo-${process.pid}-`));
  readonly #open = new AbortController();
  readonly #agents: Program[] = [];
  #claim: PortClaim | undefined;
  #aggregator: Program | undefined;
  #table: Program | undefined;
  #shopping: Promise<void> | undefined;

  /** Resolves when the programs are ready and the shop is open; rejects soon after stop(). */
  async start(output: DemoOptions['output'], say: (text: string) => void): Promise<Addresses> {
    say('building the shop from network namespaces');
    const place = await buildShop(this.#net);
    this.#goingOn();
    const claim = await claimPorts([
      ...Object.values(PORTS),
      ...NODES.slice(1).map((_, i) => PORTS.agent + 1 + i),
    ]);
    this.#claim = claim;
    const [agents, clients, http, ...agentHttp] = claim.ports.map((port) => `127.0.0.1:${port}`) as [
      string,
      string,
      string,
    ];
    this.#goingOn();
    say('starting the aggregator and two agents');
    await this.#startAggregator(agents, clients, http);
    this.#goingOn();
    await Promise.all(NODES.map((node, i) => this.#startAgent(node, place, agents, agentHttp[i]!)));
    this.#goingOn();
    const trust = join(this.#directory, 'tls', 'client');
    await waitForPods(clients, trust, Object.keys(place.pods).length);
    this.#goingOn();
    const table = [
      'observe',
      '--follow',
      '--last',
      '1000',
      '--server',
      clients,
      '--tls-dir',
      trust,
      '-o',
      output,
    ];
    this.#table = new Program('snoopy observe', 'aggregator/build/src/cli/main.js', table, { shown: true });
    this.#shopping = shop(place, this.#open.signal);
    const metrics = (address: string): string => `http://${address}/metrics`;
    return { clients, trust, metrics: metrics(http), agentMetrics: agentHttp.map(metrics) };
  }

  /** Resolves when nobody reads the table any more; rejects when another program ends. */
  async watch(): Promise<void> {
    const programs = [this.#aggregator!, ...this.#agents];
    const table = this.#table!.end().then((code) => {
      if (code !== 0) return this.#table!.watch();
    });
    await Promise.race([table, ...programs.map((program) => program.watch())]);
  }

  /** Ends everything in order, and leaves nothing behind. */
  async stop(): Promise<void> {
    try {
      this.#open.abort();
      await this.#shopping;
      await Promise.all(this.#agents.map((agent) => agent.stop()));
      if (this.#table) await sleep(LAST_WORDS);
      await this.#table?.stop();
      await this.#aggregator?.stop();
    } finally {
      this.kill();
    }
  }

  /** Ends everything at once. */
  kill(): void {
    this.#open.abort();
    for (const program of [...this.#agents, this.#table, this.#aggregator]) program?.kill();
    this.#net.close();
    this.#claim?.release();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Ends start() after stop(): nothing may be made any more. */
  #goingOn(): void {
    if (this.#open.signal.aborted) throw new Error('stopped before it had begun');
  }

  async #startAggregator(agents: string, clients: string, http: string): Promise<void> {
    const flags = [
      '--agents-listen',
      agents,
      '--listen',
      clients,
      '--http',
      http,
      '--data-dir',
      this.#directory,
      '--trust',
      'local',
      '--audit-log',
      join(this.#directory, 'audit.jsonl'),
    ];
    this.#aggregator = new Program('snoopy-aggregator', 'aggregator/build/src/main.js', flags);
    await this.#aggregator.ready(`http://${http}/readyz`);
  }

  async #startAgent(node: string, place: Shop, aggregator: string, http: string): Promise<void> {
    const list = join(this.#directory, `${node}.json`);
    writeFileSync(list, place.podList(node));
    const flags = [
      '--aggregator',
      aggregator,
      '--node-name',
      node,
      '--pods',
      `netns:${list}`,
      '--http',
      http,
      '--tls-dir',
      join(this.#directory, 'tls', 'agent'),
    ];
    const agent = new Program(`snoopy-agent on ${node}`, 'agent/build/src/main.js', flags);
    this.#agents.push(agent);
    await agent.ready(`http://${http}/readyz`);
  }
}
