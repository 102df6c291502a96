import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { HELP, readOptions } from './options.js';
import { SHOP, shopObjects } from './shop-objects.js';
import { openTarget, type Target } from './target.js';

const CHART = fileURLToPath(new URL('../../../../../charts/snoopy', import.meta.url));
const NAMESPACE = 'snoopy';
/** Everything but the flows goes to standard error, so that standard output can be piped. */
const say = (text: string): void => void process.stderr.write(`demo: ${text}\n`);

function introduce(typed: string): void {
  const inside = `${typed} -n ${NAMESPACE} exec deploy/snoopy-aggregator -- snoopy`;
  process.stderr.write(`
  Snoopy is installed, and somebody buys things in the namespace "${SHOP}". In another terminal:

    ${typed} get pods -A -o wide
    ${inside} status
    ${inside} top
    ${inside} observe --follow --outcome failed
    ${typed} -n ${SHOP} scale deploy/api --replicas 4

  Ctrl-C ends the demo.

`);
}

/** Runs a program of the target to its end; throws with its complaint. */
function run(
  target: Target,
  [program, ...first]: readonly string[],
  args: readonly string[],
  input = '',
): void {
  const result = spawnSync(program!, [...first, ...args], { env: target.env, input, encoding: 'utf8' });
  if (result.status !== 0)
    throw new Error(`${program} ${args.join(' ')}: ${result.stderr?.trim() || result.error}`);
}

function install(target: Target, signal: AbortSignal): void {
  say('helm install snoopy charts/snoopy');
  const names = ['snoopy', CHART, '-n', NAMESPACE, '--create-namespace'];
  run(target, target.helm, ['install', ...names, ...target.values, '--wait', '--timeout', '120s']);
  signal.throwIfAborted();
  say('opening the shop');
  run(target, target.kubectl, ['apply', '-f', '-'], JSON.stringify(shopObjects(target.busybox)));
  const wait = ['wait', '--for=condition=Available', 'deployment', '--all', '--timeout=90s'];
  run(target, target.kubectl, ['-n', SHOP, ...wait]);
  signal.throwIfAborted();
}

/** The live table; it ends with the connection to the pod, with us or when nobody reads it. */
function watchFlows(target: Target, output: string): ChildProcess {
  const [program, ...first] = target.kubectl;
  const observe = ['snoopy', 'observe', '--follow', '-n', SHOP, '-o', output];
  const args = [...first, '-n', NAMESPACE, 'exec', 'deploy/snoopy-aggregator', '--', ...observe];
  return spawn(program!, args, { env: target.env, stdio: ['ignore', 'inherit', 'inherit'], detached: true });
}

async function demonstrate(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return void process.stdout.write(HELP);
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(name, () =>
      ending.signal.aborted ? process.exit(1) : ending.abort(new Error('ended early')),
    );
  const { signal } = ending;
  const target = await openTarget({ options, signal, say });
  let table: ChildProcess | undefined;
  try {
    install(target, signal);
    introduce(target.typed);
    table = watchFlows(target, options.output);
    const told = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    const time =
      options.duration === undefined ? [] : [sleep(options.duration, undefined, { signal }).catch(() => {})];
    await Promise.race([once(table, 'exit'), told, ...time]);
  } finally {
    say('ending');
    table?.kill('SIGKILL');
    await target.end();
  }
}

try {
  await demonstrate();
  process.exit();
} catch (error) {
  say((error as Error).message);
  process.exit(1);
}
