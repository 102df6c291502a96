/*
 * /metrics with 100,000 series, every one changed since the last scrape, over a real HTTP connection to a client in
 * another process: event-loop time, longest slice and CPU of a scrape, plain and gzip, and prom-client beside it.
 * Also what the metrics sink costs per flow. `--json` prints rows as JSON.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { systemClock } from '@snoopy/proto';
import { type BenchRow, printRows } from '@snoopy/scripts/bench/bench-row';
import { Counter, Registry } from 'prom-client';
import { FlowMetrics } from '../src/exposition/flow-metrics.js';
import { FlowPage } from '../src/exposition/flow-page.js';
import { createHttpService } from '../src/http/http-service.js';
import { MetricsPage } from '../src/http/metrics-page.js';
import { makeFlow, makePod } from '../test/fakes/flow.js';

const EDGES = 5_000;
const SCRAPES = 15;

/** Seeded (mulberry32), so that runs compare. */
let seed = 7;
function random(): number {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

const upTo = (most: number): number => 1 + Math.floor(random() * most);

/** Names such as a Deployment's pods have: they do not compress much better than real ones. */
const workload = (): string => `service-${Math.floor(random() * 2 ** 40).toString(36)}`;

/** What the merge keeps with a connection for the sink, by slot. */
const memos = new Int32Array(EDGES);

/** 20 series for each edge: bytes 2, packets 2, outcome, how it closed, handshake 14. */
function fill(metrics: FlowMetrics, edges: number): void {
  const destinations = Array.from({ length: 50 }, () => makePod(workload()));
  for (let slot = 0; slot < edges; slot++) {
    const sourcePod = makePod(workload());
    const destinationPod = destinations[slot % destinations.length];
    const flow = makeFlow({ slot, sourcePod, destinationPod, closed: 1, handshakeUs: upTo(100_000) });
    metrics.take(flow);
    memos[slot] = flow.memo;
  }
}

/** Every series of every edge gets another number. */
function changeAll(metrics: FlowMetrics): void {
  const flow = makeFlow({ renamed: false, closed: 1 });
  for (let slot = 0; slot < EDGES; slot++) {
    flow.slot = slot;
    flow.memo = memos[slot]!;
    for (let i = upTo(5); i > 0; i--) {
      flow.handshakeUs = upTo(400); // the first bucket, so that every bucket's line changes
      flow.request.bytes = upTo(100_000);
      flow.reply.bytes = upTo(10_000_000);
      flow.request.packets = upTo(100);
      flow.reply.packets = upTo(1_000);
      metrics.take(flow);
    }
  }
}

/** A client that asks once for each line on its standard input and says when it has all. */
const clientCode = `
  import http from 'node:http';
  const [port, encoding] = process.argv.slice(1);
  const agent = new http.Agent({ keepAlive: true });
  process.stdin.on('data', () => {
    http.get({ port, path: '/metrics', agent, headers: encoding ? { 'accept-encoding': encoding } : {} }, (response) => {
      let bytes = 0;
      response.on('data', (data) => { bytes += data.length; });
      response.on('end', () => process.stdout.write(bytes + '\\n'));
    });
  });
  process.stdout.write('ready\\n');
`;

async function line(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => child.stdout!.once('data', (data: Buffer) => resolve(String(data).trim())));
}

interface Scrape {
  loopMs: number;
  longestMs: number;
  cpuMs: number;
  bytes: number;
}

/** Medians over scrapes. */
async function measure(server: Server, encoding: string, change: () => void): Promise<Scrape> {
  const { port } = server.address() as AddressInfo;
  const child = spawn(process.execPath, ['--input-type=module', '-e', clientCode, String(port), encoding], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await line(child);
  const scrapes: Scrape[] = [];
  for (let i = 0; i < SCRAPES; i++) {
    change();
    await new Promise((resolve) => setTimeout(resolve, 20));
    scrapes.push(await scrapeOnce(child));
  }
  child.kill();
  const median = (pick: (scrape: Scrape) => number): number =>
    scrapes.map(pick).sort((a, b) => a - b)[SCRAPES >> 1]!;
  return {
    loopMs: median((s) => s.loopMs),
    longestMs: median((s) => s.longestMs),
    cpuMs: median((s) => s.cpuMs),
    bytes: median((s) => s.bytes),
  };
}

/** Longest time between two turns of a 1 ms timer, less that millisecond. */
function watchLoop(): () => number {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last - 1);
    last = now;
  }, 1);
  return () => {
    clearInterval(timer);
    return longest;
  };
}

async function scrapeOnce(child: ChildProcess): Promise<Scrape> {
  const longest = watchLoop();
  const loop = performance.eventLoopUtilization();
  const cpu = process.cpuUsage();
  child.stdin!.write('go\n');
  const bytes = Number(await line(child));
  const { active } = performance.eventLoopUtilization(loop);
  const { user, system } = process.cpuUsage(cpu);
  await new Promise((resolve) => setTimeout(resolve, 5)); // the watch has to see the last delay
  return { loopMs: active, longestMs: longest(), cpuMs: (user + system) / 1_000, bytes };
}

async function ours(): Promise<{ plain: Scrape; gzip: Scrape }> {
  const metrics = new FlowMetrics(100_000);
  fill(metrics, EDGES);
  const page = new MetricsPage(
    new FlowPage(metrics.edges, 100_000, systemClock),
    { metrics: () => Promise.resolve('') },
    systemClock,
  );
  const server = createHttpService({ page, ready: () => true });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const plain = await measure(server, '', () => changeAll(metrics));
  const gzip = await measure(server, 'gzip', () => changeAll(metrics));
  server.close();
  server.closeAllConnections();
  return { plain, gzip };
}

async function promClient(): Promise<Scrape> {
  const registry = new Registry();
  const labelNames = [
    'src_namespace',
    'src_workload',
    'dst_namespace',
    'dst_workload',
    'protocol',
    'dst_port',
    'le',
  ];
  const counter = new Counter({
    name: 'snoopy_tcp_handshake_seconds_bucket',
    help: 'As many series of as many labels.',
    labelNames,
    registers: [registry],
  });
  const series = Array.from({ length: 100_000 }, (_, i) =>
    counter.labels('shop', `frontend-${i}`, 'shop', 'checkout-service', 'TCP', '80', '0.0025'),
  );
  const server = createServer((_, response) => {
    void registry.metrics().then((text) => response.end(text));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const scrape = await measure(server, '', () => {
    for (const one of series) one.inc(7);
  });
  server.close();
  server.closeAllConnections();
  return scrape;
}

/** ns for each flow, `connections` live ones taken in random order. */
function sinkCost(connections: number): number {
  const metrics = new FlowMetrics(20_000);
  fill(metrics, 2_000);
  const flow = makeFlow({ outcomeFinal: false, handshakeUs: 0 });
  const pods = Array.from({ length: 2_000 }, (_, i) => makePod(`frontend-${i}`));
  // Here their memory is not warm, as it is in the merge.
  const own = new Int32Array(connections);
  for (let slot = 0; slot < connections; slot++) {
    flow.slot = slot;
    flow.sourcePod = pods[slot % pods.length];
    flow.memo = 0;
    metrics.take(flow);
    own[slot] = flow.memo;
  }
  flow.renamed = false;
  const order = Uint32Array.from({ length: 1 << 20 }, () => Math.floor(Math.random() * connections));
  const rounds: number[] = [];
  for (let round = 0; round < 7; round++) {
    const start = performance.now();
    for (const slot of order) {
      flow.slot = slot;
      flow.memo = own[slot]!;
      metrics.take(flow);
    }
    rounds.push(((performance.now() - start) * 1e6) / order.length);
  }
  return rounds.sort((a, b) => a - b)[3]!;
}

const { plain, gzip } = await ours();
const peer = await promClient();
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const rows: BenchRow[] = [
  {
    bench: 'exposition',
    what: '100k series changed, loop time of a scrape',
    ours: plain.loopMs,
    peer: 'prom-client 15.1.3',
    peerValue: peer.loopMs,
    ratio: peer.loopMs / plain.loopMs,
    unit: 'ms',
    note: megabytes(plain.bytes),
  },
  {
    bench: 'exposition',
    what: '… longest delay of the loop',
    ours: plain.longestMs,
    peer: 'prom-client 15.1.3',
    peerValue: peer.longestMs,
    ratio: peer.longestMs / plain.longestMs,
    unit: 'ms',
  },
  {
    bench: 'exposition',
    what: '… with gzip, loop time',
    ours: gzip.loopMs,
    unit: 'ms',
    note: megabytes(gzip.bytes),
  },
  { bench: 'exposition', what: '… with gzip, longest delay of the loop', ours: gzip.longestMs, unit: 'ms' },
  { bench: 'exposition', what: '… with gzip, CPU of all threads', ours: gzip.cpuMs, unit: 'ms' },
  {
    bench: 'exposition',
    what: 'metrics sink, 100k live connections',
    ours: sinkCost(100_000),
    unit: 'ns/flow',
  },
  {
    bench: 'exposition',
    what: 'metrics sink, 1M live connections',
    ours: sinkCost(1_000_000),
    unit: 'ns/flow',
  },
];
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(rows)}\n`);
else printRows(rows);
