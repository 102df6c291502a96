import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../src/demo/free-ports.js';
import { Program } from '../../src/demo/program.js';
import type { Namespace } from '../../src/rig/netns.js';

/** The real aggregator and a real agent for each of some pods, which are called by their labels. */
export class NodePrograms {
  readonly folder = mkdtempSync(join(tmpdir(), 'snoopy-nodes-'));
  /** For `snoopy --server`. */
  server = '';
  /** `http://…` of the aggregator. */
  http = '';
  #agents = '';
  readonly #running = new Map<string, { program: Program; pod: Namespace }>();

  /** @param pods by the name of their node  @param flags of the agents */
  async start(pods: Readonly<Record<string, Namespace>>, flags: readonly string[] = []): Promise<void> {
    const [agents, clients, http] = (await freePorts([0, 0, 0])).map((port) => `127.0.0.1:${port}`);
    this.#agents = agents!;
    this.server = clients!;
    this.http = `http://${http}`;
    const listening = ['--agents-listen', agents!, '--listen', clients!, '--http', http!];
    const program = new Program('snoopy-aggregator', 'aggregator/build/src/main.js', [
      ...listening,
      '--data-dir',
      this.folder,
    ]);
    this.#aggregator = program;
    await program.ready(`${this.http}/readyz`);
    for (const [node, pod] of Object.entries(pods)) await this.startAgent(node, pod, flags);
  }

  #aggregator: Program | undefined;

  async startAgent(node: string, pod: Namespace, flags: readonly string[] = []): Promise<void> {
    const { label, path } = pod;
    const list = join(this.folder, `${node}.json`);
    writeFileSync(
      list,
      JSON.stringify([{ namespace: 'test', name: label, labels: { app: label }, netns: path }]),
    );
    const [http] = (await freePorts([0])).map((port) => `127.0.0.1:${port}`);
    const where = ['--aggregator', this.#agents, '--node-name', node, '--pods', `netns:${list}`];
    const program = new Program(node, 'agent/build/src/main.js', [...where, '--http', http!, ...flags]);
    this.#running.set(node, { program, pod });
    await program.ready(`http://${http}/readyz`);
  }

  /** Ends an agent, by a signal. */
  async stopAgent(node: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.#running.get(node)?.program.stop(signal);
    this.#running.delete(node);
  }

  async stop(): Promise<void> {
    for (const node of [...this.#running.keys()]) await this.stopAgent(node);
    await this.#aggregator?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
