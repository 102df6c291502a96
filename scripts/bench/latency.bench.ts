/*
 * From connect() in a pod to the JSON line of `snoopy observe -f`: the shipped programs, two agents, both ends of
 * every connection watched, connections at random times (so that no phase of any timer is favoured).
 * The bar (first packet to a live subscriber's screen): 1.5 s at the 99th percentile.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { printRows } from '../src/bench/bench-row.js';
import { freePorts } from '../src/demo/free-ports.js';
import { Program } from '../src/demo/program.js';
import { type Bridge, type Namespace, Net } from '../src/rig/netns.js';
import { Actor } from '../src/rig/traffic.js';

const CONNECTIONS = 200;
const PORT = 8_080;
const BAR_SECONDS = 1.5;
const SNOOPY = fileURLToPath(new URL('../../../aggregator/build/src/cli/main.js', import.meta.url));

/** Connects again and again, 10 to 190 ms apart, and prints the local port and the time of each connect(). */
const CLIENT = `
const net = require('node:net');
const [host, port, count] = process.argv.slice(1);
let left = Number(count);
(function next() {
  if (left-- === 0) return;
  const at = Date.now();
  const socket = net.connect(Number(port), host);
  socket.on('connect', () => { console.log(socket.localPort, at); socket.end('x'); });
  socket.on('error', (error) => console.error(error.message));
  setTimeout(next, 10 + Math.random() * 180);
})();`;

interface Line {
  readonly source?: { readonly port: number; readonly pod: string };
  readonly protocol?: string;
}

/** When the first line about each client port came. */
function watchLines(child: ChildProcess): Map<number, number> {
  const seen = new Map<number, number>();
  createInterface({ input: child.stdout! }).on('line', (text) => {
    const at = Date.now();
    const { source, protocol } = JSON.parse(text) as Line;
    if (protocol === 'TCP' && source?.pod === 'client' && !seen.has(source.port)) seen.set(source.port, at);
  });
  return seen;
}

/** Client port → time of its connect(). */
async function connectAll(client: Namespace, host: string): Promise<Map<number, number>> {
  const child = client.spawn(process.execPath, ['-e', CLIENT, host, String(PORT), String(CONNECTIONS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const begun = new Map<number, number>();
  for await (const line of createInterface({ input: child.stdout! })) {
    const [port, at] = line.split(' ').map(Number);
    begun.set(port!, at!);
  }
  return begun;
}

function podList(name: string, namespace: Namespace): string {
  return JSON.stringify([{ namespace: 'bench', name, labels: { app: name }, netns: namespace.path }]);
}

async function startPrograms(
  folder: string,
  pods: Readonly<Record<string, Namespace>>,
  programs: Program[],
): Promise<string> {
  const [agents, clients, http, ...agentHttp] = (await freePorts([0, 0, 0, 0, 0])).map(
    (p) => `127.0.0.1:${p}`,
  );
  const flags = ['--agents-listen', agents!, '--listen', clients!, '--http', http!, '--data-dir', folder];
  const aggregator = new Program('snoopy-aggregator', 'aggregator/build/src/main.js', flags);
  programs.push(aggregator);
  await aggregator.ready(`http://${http}/readyz`);
  for (const [i, [name, namespace]] of Object.entries(pods).entries()) {
    const list = join(folder, `${name}.json`);
    writeFileSync(list, podList(name, namespace));
    const own = ['--aggregator', agents!, '--node-name', `node-${name}`, '--pods', `netns:${list}`];
    const agent = new Program(`snoopy-agent ${name}`, 'agent/build/src/main.js', [
      ...own,
      '--http',
      agentHttp[i]!,
    ]);
    programs.push(agent);
    await agent.ready(`http://${agentHttp[i]}/readyz`);
  }
  return clients!;
}

function report(begun: Map<number, number>, seen: Map<number, number>): void {
  const delays = [...begun]
    .map(([port, at]) => (seen.get(port) ?? Number.POSITIVE_INFINITY) - at)
    .sort((a, b) => a - b);
  const missing = delays.filter((delay) => delay === Number.POSITIVE_INFINITY).length;
  const percentile = (share: number) => delays[Math.ceil(share * delays.length) - 1]! / 1_000;
  const row = (name: string, share: number) => ({
    bench: 'latency',
    what: `connect() to the line on the screen, ${name}`,
    ours: percentile(share),
    unit: 's',
    note: `${delays.length} connections, ${missing} never shown; the bar at p99 is ${BAR_SECONDS} s`,
  });
  printRows([row('p50', 0.5), row('p90', 0.9), row('p99', 0.99), row('largest', 1)]);
}

async function run(net: Net, folder: string, programs: Program[]): Promise<void> {
  const bridge: Bridge = net.bridge();
  const pods = { client: bridge.join(net.namespace('client')), web: bridge.join(net.namespace('web')) };
  const web = await Actor.start(pods.web);
  await web.do('tcpServe', { port: PORT, behaviour: 'echo' });
  const server = await startPrograms(folder, pods, programs);
  const observe = spawn(process.execPath, [SNOOPY, 'observe', '-f', '-o', 'json', '--server', server], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const seen = watchLines(observe);
    await new Promise((resolve) => setTimeout(resolve, 2_000)); // both captures run
    const begun = await connectAll(pods.client, bridge.v4(pods.web));
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    report(begun, seen);
  } finally {
    observe.kill('SIGINT');
  }
}

const net = new Net();
const folder = mkdtempSync(join(tmpdir(), 'snoopy-latency-'));
const programs: Program[] = [];
try {
  await run(net, folder, programs);
} finally {
  for (const program of programs.reverse()) await program.stop();
  net.close();
  rmSync(folder, { recursive: true });
}
process.exit();
