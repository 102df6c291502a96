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

async function up({ name, nodes, attached }: Request): Promise<void> {
  const programs = process.env.SNOOPY_KUBERNETES;
  if (!programs) throw new Error('SNOOPY_KUBERNETES is not set: run scripts/cluster, not this program');
  const start = performance.now();
  const end = signalled();
  const starting = Cluster.up({ name, nodes, programs, attached, say });
  const interrupted = await Promise.race([starting.then(() => false), end.then(() => true)]);
  if (interrupted) {
    say('ending');
    await cleanUp(folderOf(name));
    process.exit(130);
  }
  const cluster = await starting;
  const own = name === 'snoopy' ? '' : ` --name ${name}`;
  say(`${nodes} nodes are ready after ${((performance.now() - start) / 1_000).toFixed(1)} s`);
  say(`scripts/cluster${own} kubectl get pods -A, or: eval "$(scripts/cluster${own} env)"`);
  if (!attached) return;
  say('Ctrl-C ends it');
  const alive = setInterval(() => {}, 1 << 30); // a promise alone keeps no process
  await end;
  clearInterval(alive);
  await cluster.down();
}

/** Gives the terminal to a program and takes over its exit code. */
async function become(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => {}); // the program gets them too
  const child = spawn(program, args, { stdio: 'inherit', env });
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
  if (request.command === 'down') return cleanUp(folderOf(request.name));
  const cluster = Cluster.find(request.name);
  const { args } = request;
  const each = (what: (arg: string) => void): void => args.forEach(what);
  const commands: Readonly<Record<string, () => Promise<void> | void>> = {
    load: () => each((tar) => cluster.load(tar)),
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
