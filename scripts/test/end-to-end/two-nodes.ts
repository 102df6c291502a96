import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../src/demo/free-ports.js';
import { Program } from '../../src/demo/program.js';
import { type Bridge, type Namespace, Net } from '../../src/rig/netns.js';

/** The real aggregator and two real agents, with the pod `sender` on node-a and `receiver` on node-b. */
export class TwoNodes {
  readonly net = new Net();
  readonly folder = mkdtempSync(join(tmpdir(), 'snoopy-two-nodes-'));
  readonly bridge: Bridge = this.net.bridge();
  readonly sender: Namespace = this.bridge.join(this.net.namespace('sender'));
  readonly receiver: Namespace = this.bridge.join(this.net.namespace('receiver'));
  /** For `snoopy --server`. */
  server = '';
  readonly #programs: Program[] = [];

  static async start(): Promise<TwoNodes> {
    const nodes = new TwoNodes();
    try {
      await nodes.#start();
    } catch (error) {
      await nodes.stop();
      throw error;
    }
    return nodes;
  }

  async stop(): Promise<void> {
    for (const program of this.#programs.reverse()) await program.stop();
    this.net.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const ports = await freePorts([0, 0, 0, 0, 0]);
    const [agents, clients, http, httpA, httpB] = ports.map((port) => `127.0.0.1:${port}`);
    const flags = [
      '--agents-listen',
      agents!,
      '--listen',
      clients!,
      '--http',
      http!,
      '--data-dir',
      this.folder,
    ];
    await this.#run('snoopy-aggregator', 'aggregator/build/src/main.js', flags, http!);
    await this.#agent('node-a', this.sender, agents!, httpA!);
    await this.#agent('node-b', this.receiver, agents!, httpB!);
    this.server = clients!;
  }

  async #agent(node: string, pod: Namespace, aggregator: string, http: string): Promise<void> {
    const list = join(this.folder, `${node}.json`);
    const { label, path } = pod;
    writeFileSync(
      list,
      JSON.stringify([{ namespace: 'test', name: label, labels: { app: label }, netns: path }]),
    );
    const flags = [
      '--aggregator',
      aggregator,
      '--node-name',
      node,
      '--pods',
      `netns:${list}`,
      '--http',
      http,
    ];
    await this.#run(node, 'agent/build/src/main.js', flags, http);
  }

  async #run(name: string, path: string, flags: readonly string[], http: string): Promise<void> {
    const program = new Program(name, path, flags);
    this.#programs.push(program);
    await program.ready(`http://${http}/readyz`);
  }
}
