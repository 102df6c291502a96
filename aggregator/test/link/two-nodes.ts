import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { type Flow, type GetFlowsResponse, type GetStatusResponse, ObserverClient } from '@snoopy/proto';
import { Net } from '@snoopy/scripts/rig/netns';
import type { Test } from 'tap';
import { anyPorts, Program } from '../fakes/program.js';

const agentMain = fileURLToPath(new URL('../../../../agent/build/src/main.js', import.meta.url));
const manyFlows = fileURLToPath(new URL('./many-flows.js', import.meta.url));
const getFlows = ObserverClient.service.GetFlows;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A flow as it was received, and by which run of the aggregator. */
export interface Heard {
  readonly flow: Flow;
  readonly run: number;
}

/** What one agent says about its rows. */
export interface AgentRows {
  seen: number;
  queued: number;
  lost: number;
}

let made = 0;

/** Two pods in namespaces, two real agents, the real aggregator, and a follower that comes back after each kill. */
export class TwoNodes {
  /** What the follower got, undecoded: decoding while it reads would make it a slow one. */
  readonly #messages: { readonly run: number; readonly bytes: Buffer }[] = [];
  readonly #t: Test;
  readonly #net = new Net();
  readonly #folder = mkdtempSync(join(tmpdir(), 'snoopy-link-'));
  readonly #agentHttp: string[] = [];
  readonly #agents: ChildProcess[] = [];
  #client;
  #server;
  #serverAddress: string;
  #aggregator: Program | undefined;
  #ports: { agents: string; clients: string; http: string } | undefined;
  #observer: InstanceType<typeof ObserverClient> | undefined;
  #run = 0;
  readonly #number = made++;

  constructor(t: Test) {
    this.#t = t;
    const bridge = this.#net.bridge();
    this.#client = bridge.join(this.#net.namespace('client'));
    this.#server = bridge.join(this.#net.namespace('server'));
    this.#serverAddress = bridge.v4(this.#server);
    // No ICMP in answer: a flow is one datagram, and one row at each end.
    this.#server.firewall('-A', 'INPUT', '-p', 'udp', '-j', 'DROP');
    t.teardown(() => {
      this.#observer?.close();
      this.#net.close();
      rmSync(this.#folder, { recursive: true });
    });
  }

  /** Starts the aggregator, on the ports of its run before, and follows all flows, those of this run before too. */
  async startAggregator(): Promise<void> {
    const before = this.#ports;
    const flags = before
      ? ['--agents-listen', before.agents, '--listen', before.clients, '--http', before.http]
      : anyPorts;
    this.#aggregator = new Program(this.#t, [...flags, '--data-dir', this.#folder]);
    this.#ports = await this.#aggregator.listening();
    this.#run++;
    await this.#follow(this.#run);
  }

  async killAggregator(): Promise<void> {
    this.#aggregator!.child.kill('SIGKILL');
    await this.#aggregator!.ended;
    this.#observer!.close();
  }

  /** One agent for each pod. */
  async startAgents(flags: string[]): Promise<void> {
    for (const [i, namespace] of [this.#client, this.#server].entries()) {
      const pods = join(this.#folder, `pods-${i}.json`);
      writeFileSync(
        pods,
        JSON.stringify([
          { namespace: 'shop', name: namespace.label, uid: `uid-${i}`, netns: namespace.path },
        ]),
      );
      const port = 20_000 + ((process.pid + 2 * this.#number) % 20_000) + i;
      this.#agentHttp.push(`http://127.0.0.1:${port}/metrics`);
      const args = [
        agentMain,
        '--aggregator',
        this.#ports!.agents,
        '--node-name',
        `node-${i}`,
        '--pods',
        `netns:${pods}`,
      ];
      // Without what a test runner puts into its children: it makes them slow.
      const command = ['-u', 'NODE_OPTIONS', process.execPath, ...args, '--http', `127.0.0.1:${port}`];
      const child = spawn('env', [...command, '--flows', 'packets', ...flags], { stdio: 'ignore' });
      this.#agents.push(child);
      this.#t.teardown(() => {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGTERM');
        return ended;
      });
    }
    await this.until('both agents watch their pods', async () => {
      const { agents } = await this.status();
      const watched = agents
        .flatMap((agent) => agent.pods)
        .filter((pod) => pod.state === 'WATCH_STATE_WATCHED');
      return watched.length === 2;
    });
  }

  /** Stops an agent, or lets it go on; its tcpdump goes on in any case. */
  signalAgent(index: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#agents[index]!.kill(signal);
  }

  /** Makes flows from one pod to the other. Resolves with their number when all are made. */
  makeFlows(perSecond: number, seconds: number): Promise<number> {
    const args = [manyFlows, this.#serverAddress, String(perSecond), String(seconds)];
    return this.#client.execute(process.execPath, args).then(({ stdout, stderr }) => {
      if (stdout === '') throw new Error(stderr);
      return Number(stdout);
    });
  }

  /** Ends all programs, at once. */
  async stop(): Promise<void> {
    for (const agent of this.#agents) agent.kill('SIGKILL');
    await this.killAggregator();
  }

  /** Flows that the follower was too slow for. */
  get missed(): number {
    return this.#messages
      .flatMap(({ bytes }) => (getFlows.responseDeserialize(bytes) as GetFlowsResponse).lost)
      .filter(({ stage }) => stage === 'subscriber')
      .reduce((sum, { count }) => sum + count, 0);
  }

  /** Everything that the follower has heard so far. */
  heard(): Heard[] {
    return this.#messages.flatMap(({ run, bytes }) =>
      (getFlows.responseDeserialize(bytes) as GetFlowsResponse).flows.map((flow) => ({ flow, run })),
    );
  }

  status(): Promise<GetStatusResponse> {
    return new Promise((resolve, reject) =>
      this.#observer!.getStatus({}, (error, answer) => (error ? reject(error) : resolve(answer!))),
    );
  }

  async agentRows(index: number): Promise<AgentRows> {
    // A connection kept from before may be closed by the agent at the same moment.
    const response = await fetch(this.#agentHttp[index]!, { headers: { connection: 'close' } });
    const page = await response.text();
    const value = (name: string): number =>
      Number(
        page
          .split('\n')
          .find((line) => line.startsWith(`${name} `))
          ?.split(' ')
          .at(-1) ?? 0,
      );
    const queued = value('snoopy_agent_rows_queued');
    const lost = value('snoopy_agent_rows_total{state="lost"}');
    return { queued, lost, seen: value('snoopy_agent_rows_total{state="delivered"}') + queued + lost };
  }

  /** Waits until both agents have nothing left to send and everything is acknowledged. */
  async settled(): Promise<void> {
    await this.until('everything is acknowledged', async () => {
      const rows = [await this.agentRows(0), await this.agentRows(1)];
      return rows.every(({ queued }) => queued === 0);
    });
    await sleep(1_000);
  }

  async until(what: string, condition: () => Promise<boolean>, seconds = 60): Promise<void> {
    for (
      const end = Date.now() + seconds * 1_000;
      !(await condition().catch(() => false));
      await sleep(100)
    ) {
      if (Date.now() > end) throw new Error(`waited ${seconds} s in vain until ${what}`);
    }
  }

  async #follow(run: number): Promise<void> {
    this.#observer = new ObserverClient(this.#ports!.clients, grpc.credentials.createInsecure());
    const { path, requestSerialize } = getFlows;
    const request = { follow: true, last: 65_536 };
    const call = this.#observer.makeServerStreamRequest(
      path,
      requestSerialize,
      (bytes: Buffer) => bytes,
      request,
    );
    call.on('error', () => undefined);
    call.on('data', (bytes: Buffer) => this.#messages.push({ run, bytes: Buffer.from(bytes) }));
    await new Promise((resolve) => call.once('metadata', resolve));
  }
}

/** Numbers of an agent's rows that are in the flows, each once, and how often rows came again. */
export function rowsHeard(heard: Heard[], agent: string): { sequences: Set<number>; repeated: number } {
  const sequences = new Set<number>();
  let repeated = 0;
  for (const { flow } of heard) {
    for (const view of flow.views) {
      if (view.agent !== agent) continue;
      if (sequences.has(view.sequence)) repeated++;
      sequences.add(view.sequence);
    }
  }
  return { sequences, repeated };
}
