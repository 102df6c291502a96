import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { cleanUp } from './clean-up.js';
import { Cluster } from './cluster.js';
import { folderOf } from './cluster-plan.js';
import { nodeProcess } from './first-process.js';
import { HELP, type Request, readRequest } from './options.js';

/** Everything but what was asked for goes to standard error. */
const say = (text: string): void => void process.stderr.write(`cluster: ${text}\n`);

/** Resolves at the first signal; a second one ends at once, and the guard cleans up. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'])
      process.on(name, () => {
        if (asked) process.exit(1);
        asked = true;
        resolve();
      });
  });
}

/** Makes a cluster; a signal meanwhile ends both it and this program. */
async function make({ name, nodes }: Request, attached: boolean, end: Promise<void>): Promise<Cluster> {
  const programs = process.env.SNOOPY_KUBERNETES;
  if (!programs) throw new Error('SNOOPY_KUBERNETES is not set: run scripts/cluster, not this program');
  const start = performance.now();
  const interrupted = new AbortController();
  void end.then(() => interrupted.abort(new Error('interrupted, and taken down again')));
  const cluster = await Cluster.up({ name, nodes, programs, attached, signal: interrupted.signal, say });
  say(`${nodes} nodes are ready after ${((performance.now() - start) / 1_000).toFixed(1)} s`);
  return cluster;
}

async function up(request: Request): Promise<void> {
  const end = signalled();
  const cluster = await make(request, request.attached, end);
  const own = request.name === 'snoopy' ? '' : ` --name ${request.name}`;
  say(`scripts/cluster${own} kubectl get pods -A, or: eval "$(scripts/cluster${own} env)"`);
  if (!request.attached) return;
  say('Ctrl-C ends it');
  const alive = setInterval(() => {}, 1 << 30); // a promise alone keeps no process
  await end;
  clearInterval(alive);
  await cluster.down();
}

/** A cluster for as long as one command runs. */
async function runWith(request: Request): Promise<void> {
  const cluster = await make(request, true, signalled());
  try {
    const [program = '', ...args] = request.args;
    await become(program, args, { ...cluster.environment, SNOOPY_CLUSTER: request.name });
  } finally {
    await cluster.down();
  }
}

/** Gives the terminal to a program and takes over its exit code. */
async function become(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(program, args, { stdio: 'inherit', env });
  process.on('SIGINT', () => {}); // the program gets it too
  process.on('SIGTERM', () => child.kill());
  const [code] = (await once(child, 'exit')) as [number | null];
  process.exitCode = code ?? 1;
}

async function enter(cluster: Cluster, [node = '', ...command]: readonly string[]): Promise<void> {
  const pid = nodeProcess(cluster.plan.dir, node);
  if (!pid) throw new Error(`enter ${node}: the nodes are ${cluster.plan.nodes.join(', ')}`);
  const words = command.length > 0 ? command : ['bash'];
  await become('nsenter', ['-t', String(pid), '-m', '-n', '-u', '-i', '-p', '--', ...words], process.env);
}

async function run(request: Request): Promise<void> {
  if (request.command === 'up') return up(request);
  if (request.command === 'with') return runWith(request);
  if (request.command === 'down') return cleanUp(folderOf(request.name));
  const cluster = Cluster.find(request.name);
  const { args } = request;
  const each = (what: (arg: string) => void): void => args.forEach(what);
  const commands: Readonly<Record<string, () => Promise<void> | void>> = {
    load: () => cluster.load(args),
    enter: () => enter(cluster, args),
    stop: () => each((part) => cluster.stop(part)),
    start: () => each((part) => cluster.start(part)),
    logs: () =>
      each(
        (part) =>
          void spawnSync('cat', [join(cluster.plan.dir, 'logs', `${part}.log`)], { stdio: 'inherit' }),
      ),
    env: () =>
      void process.stdout.write(
        `export KUBECONFIG=${cluster.kubeconfig} PATH=${cluster.plan.programs}:$PATH\n`,
      ),
  };
  const command = commands[request.command];
  await (command ? command() : become(request.command, args, cluster.environment));
}

try {
  const request = readRequest(process.argv.slice(2));
  if (request) await run(request);
  else process.stdout.write(HELP);
} catch (error) {
  say((error as Error).message);
  process.exitCode = 1;
}
