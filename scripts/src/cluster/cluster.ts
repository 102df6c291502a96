import { execFileSync, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cleanUp } from './clean-up.js';
import { type ClusterPlan, folderOf, kubeconfigOf, readPlan, SCRIPTS } from './cluster-plan.js';
import { clusterProcess, nodeProcess } from './first-process.js';
import { type Guard, startGuard } from './guard.js';
import { takeNetwork } from './network-link.js';
import { prepare } from './prepare.js';

export interface ClusterOptions {
  readonly name: string;
  readonly nodes: number;
  /** The folder of Kubernetes' programs, as build-kubernetes.sh prints it. */
  readonly programs: string;
  /** True: it ends with this process, however that ends. False: it stays until somebody ends it. */
  readonly attached: boolean;
  /** Gives up making it, and leaves nothing. */
  readonly signal?: AbortSignal;
  readonly say?: (text: string) => void;
}

/** A Kubernetes cluster of real nodes on this machine, in namespaces of its own. Needs root. */
export class Cluster {
  #guard: Guard | undefined;

  private constructor(readonly plan: ClusterPlan) {}

  /** Makes one; resolves when every node is Ready and names are resolved. What goes wrong leaves nothing. */
  static async up(options: ClusterOptions): Promise<Cluster> {
    const dir = folderOf(options.name);
    if (clusterProcess(dir)) throw new Error(`the cluster ${options.name} is there already`);
    await cleanUp(dir); // of one that was killed
    mkdirSync(dir, { recursive: true, mode: 0o755 });
    const guard = startGuard(options.name);
    let cluster: Cluster | undefined;
    try {
      cluster = new Cluster(takeNetwork(options, dir));
      await cluster.#start(options.say ?? (() => {}), options.signal);
    } catch (error) {
      const words = cluster ? cluster.#lastWords() : '';
      await cleanUp(dir);
      guard.dismiss();
      options.signal?.throwIfAborted();
      throw new Error(`the cluster did not start: ${(error as Error).message}${words}`, { cause: error });
    }
    if (options.attached) cluster.#guard = guard;
    else guard.dismiss();
    return cluster;
  }

  /** The one that runs under that name. */
  static find(name: string): Cluster {
    const dir = folderOf(name);
    if (!clusterProcess(dir)) throw new Error(`there is no cluster ${name}; scripts/cluster up makes one`);
    return new Cluster(readPlan(dir)!);
  }

  get kubeconfig(): string {
    return kubeconfigOf(this.plan.dir);
  }

  /** What a program needs in its environment to talk to this cluster: kubectl and helm are on the path. */
  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, KUBECONFIG: this.kubeconfig, PATH: `${this.plan.programs}:${process.env.PATH}` };
  }

  /** Runs kubectl; gives what it printed, throws with its complaint. */
  kubectl(args: readonly string[], input = ''): string {
    return this.run('kubectl', args, input);
  }

  /** Runs one of the cluster's programs (kubectl, helm3, helm4) on this machine. */
  run(program: string, args: readonly string[], input = ''): string {
    const options = { env: this.environment, input, encoding: 'utf8', maxBuffer: 1 << 28 } as const;
    return output(program, args, spawnSync(program, args, options));
  }

  /** Runs a command in all namespaces of a node. */
  inNode(node: string, command: readonly string[]): string {
    const args = [...this.#into(node), ...command];
    return output(command[0]!, args, spawnSync('nsenter', args, { encoding: 'utf8' }));
  }

  /** Imports image archives (docker or OCI) into every node, into all at once. */
  async load(tars: readonly string[]): Promise<void> {
    const command = ['ctr', '-n', 'k8s.io', 'images', 'import', '-'];
    const loadNode = async (node: string): Promise<void> => {
      for (const tar of tars) {
        const file = await open(tar);
        const child = spawn('nsenter', [...this.#into(node), ...command], {
          stdio: [file.fd, 'ignore', 'pipe'],
        });
        let complaint = '';
        child.stderr!.setEncoding('utf8').on('data', (text: string) => {
          complaint += text;
        });
        const [code] = (await once(child, 'close')) as [number | null];
        await file.close();
        if (code !== 0) throw new Error(`${node} did not take ${tar}: ${complaint.trim()}`);
      }
    };
    await Promise.all(this.plan.nodes.map(loadNode));
  }

  /** Kills a part with all that runs below it (a node, kube-apiserver, etcd …); it stays away until start(). */
  stop(part: string): void {
    writeFileSync(join(this.plan.dir, 'off', this.#part(part)), '');
    const pid = readFileSync(join(this.plan.dir, 'pids', part), 'utf8').trim();
    this.#inside([
      'sh',
      '-c',
      `kill -9 ${pid} 2>/dev/null; while kill -0 ${pid} 2>/dev/null; do sleep 0.05; done`,
    ]);
  }

  /** Lets a stopped part run again. */
  start(part: string): void {
    execFileSync('rm', ['-f', join(this.plan.dir, 'off', this.#part(part))]);
  }

  /** Ends it and leaves nothing. */
  async down(): Promise<void> {
    await cleanUp(this.plan.dir);
    this.#guard?.dismiss();
  }

  async #start(say: (text: string) => void, signal: AbortSignal | undefined): Promise<void> {
    const { plan } = this;
    const until = <T>(probe: () => T | undefined | false, what: string, seconds: number): Promise<T> =>
      wait(probe, what, seconds, signal);
    prepare(plan);
    say(`starting the control plane and ${plan.nodes.length} nodes`);
    const log = openSync(join(plan.dir, 'init.log'), 'a');
    const command = ['--mount', '--net', '--pid', '--fork', '--mount-proc', '--kill-child=KILL', '--'];
    const child = spawn('unshare', [...command, `${SCRIPTS}/cluster-init.sh`, plan.dir], {
      stdio: ['ignore', log, log],
      detached: true,
    });
    child.unref();
    closeSync(log);
    const pid = await until(() => clusterProcess(plan.dir), 'its first process', 10);
    execFileSync('ip', ['link', 'set', `${plan.link}p`, 'netns', String(pid)]);
    await until(() => this.#answers('/readyz'), 'the API server', 60);
    this.kubectl(['apply', '--server-side', '-f', join(plan.dir, 'name-service.json')]);
    await until(() => this.#ready(), 'the nodes to be ready', 60);
    plan.nodes.forEach((node, i) => void this.kubectl(['patch', 'node', node, '-p', podNetworkOf(i)]));
    await until(() => this.#answersNames(), 'the name service', 60);
  }

  #answers(path: string): boolean {
    return this.#try(['get', '--raw', path]) === 'ok';
  }

  #ready(): boolean {
    const path = '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status} {end}';
    const states = this.#try(['get', 'nodes', '-o', `jsonpath=${path}`])
      .trim()
      .split(' ');
    return states.length === this.plan.nodes.length && states.every((state) => state === 'True');
  }

  #answersNames(): boolean {
    const path = 'jsonpath={.status.readyReplicas}';
    return this.#try(['-n', 'kube-system', 'get', 'deployment', 'coredns', '-o', path]) === '1';
  }

  #try(args: readonly string[]): string {
    const result = spawnSync('kubectl', ['--request-timeout=2s', ...args], {
      env: this.environment,
      encoding: 'utf8',
    });
    return result.stdout ?? '';
  }

  #inside(command: readonly string[]): void {
    const pid = String(clusterProcess(this.plan.dir));
    execFileSync('nsenter', ['-t', pid, '--mount', '--net', '--pid', '--', ...command]);
  }

  /** What nsenter(1) takes to get into a node. */
  #into(node: string): string[] {
    const pid = nodeProcess(this.plan.dir, node);
    if (!pid) throw new Error(`${node} does not run; the nodes are ${this.plan.nodes.join(', ')}`);
    return ['-t', String(pid), '--mount', '--net', '--uts', '--ipc', '--pid', '--'];
  }

  #part(name: string): string {
    if (existsSync(join(this.plan.dir, 'pids', name))) return name;
    const parts = readdirSync(join(this.plan.dir, 'pids'));
    throw new Error(`there is no part ${name}: ${parts.join(', ')}`);
  }

  /** The ends of the logs, for people. */
  #lastWords(): string {
    const folder = join(this.plan.dir, 'logs');
    const names = existsSync(folder) ? readdirSync(folder).map((name) => join('logs', name)) : [];
    const ends = ['init.log', ...names].map((name) => {
      const path = join(this.plan.dir, name);
      return existsSync(path) ? `\n--- ${name}\n${readFileSync(path, 'utf8').slice(-1_500)}` : '';
    });
    return ends.join('');
  }
}

/** Clouds and controllers write it there; here the CNI's own configuration is what counts. */
function podNetworkOf(index: number): string {
  const podCIDR = `10.244.${index + 1}.0/24`;
  return JSON.stringify({ spec: { podCIDR, podCIDRs: [podCIDR] } });
}

async function wait<T>(
  probe: () => T | undefined | false,
  what: string,
  seconds: number,
  signal: AbortSignal | undefined,
): Promise<T> {
  const end = Date.now() + seconds * 1_000;
  for (;;) {
    signal?.throwIfAborted();
    const value = probe();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`);
    await sleep(100);
  }
}

function output(program: string, args: readonly string[], result: SpawnSyncReturns<string>): string {
  if (result.error) throw new Error(`${program}: ${result.error.message}`);
  if (result.status !== 0)
    throw new Error(`${program} ${args.join(' ')}: ${result.stderr.trim() || `exit code ${result.status}`}`);
  return result.stdout;
}
