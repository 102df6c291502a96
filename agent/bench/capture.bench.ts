import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type BenchRow, printRows } from '@snoopy/scripts/bench/bench-row';
import { type Namespace, Net } from '@snoopy/scripts/rig/netns';
import { Fprobe, type Observer, SnoopyAgent, Softflowd, Tcpdump } from './observers.js';

/*
 * The live packet path beside its peers: UDP frames of 64 bytes over a veth pair, the traffic on core 0, the observer with
 * everything it starts on core 1, packet rings of the same size.
 *
 *   loss-free rate   the highest rate, offered for 2 s, of which the kernel dropped nothing
 *   CPU per packet   user and system time of the observer's processes, by packets; median of the rounds
 */
const floodProgram = fileURLToPath(new URL('../../bench/flood.py', import.meta.url));
/** Frames to a MAC that nobody has: the pod's own stack drops them first thing. */
const nobody = '02:00:00:00:00:99';
const rates = [100_000, 200_000, 300_000, 400_000, 500_000, 600_000, 800_000, 1_000_000, 0];
const lossSeconds = 2;
const cpuRate = 300_000;
/** As it is in an agent that has been running: V8 compiles its loops in the first seconds. */
const warmSeconds = 5;
const cpuSeconds = 5;
const rounds = 3;

/** The traffic: 20,000 packets a second from its start to its end, and more when asked. */
class Flood {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor(source: Namespace, flows: number) {
    const args = ['-c', '0', 'python3', floodProgram, 'eth0', nobody, `${flows}`];
    this.#child = source.spawn('taskset', args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#answers = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  async send(rate: number, count: number): Promise<{ readonly packets: number; readonly perSecond: number }> {
    this.#child.stdin!.write(`${rate} ${count}\n`);
    const answer = await this.#answers.next();
    const [packets, seconds] = String(answer.value).split(' ').map(Number);
    return { packets: packets!, perSecond: packets! / seconds! };
  }

  async stop(): Promise<void> {
    this.#child.stdin!.end();
    await once(this.#child, 'close');
  }
}

export async function run(): Promise<BenchRow[]> {
  const net = new Net();
  try {
    const [source, pod] = [net.namespace('source'), net.namespace('pod')];
    net.link(source, pod);
    for (const one of [source, pod]) one.sysctl('net.ipv6.conf.all.disable_ipv6', 1);
    return [
      ...(await lossFree(source, pod)),
      ...(await cpu(source, pod, 1_000)),
      ...(await cpu(source, pod, 50_000)),
    ];
  } finally {
    net.close();
  }
}

async function lossFree(source: Namespace, pod: Namespace): Promise<BenchRow[]> {
  const ours = await lossFreeRate(new SnoopyAgent(), source, pod);
  return Promise.all([
    compare(
      'loss-free rate, 1,000 flows',
      'packets/s',
      ours,
      'tcpdump -w /dev/null',
      await lossFreeRate(new Tcpdump(), source, pod),
    ),
    compare(
      'loss-free rate, 1,000 flows',
      'packets/s',
      ours,
      'softflowd',
      await lossFreeRate(new Softflowd(), source, pod),
    ),
  ]);
}

/** Raises the rate until the kernel drops, or until the traffic's core can do no more. */
async function lossFreeRate(observer: Observer, source: Namespace, pod: Namespace): Promise<number> {
  await observer.start(pod);
  const flood = new Flood(source, 1_000);
  try {
    await flood.send(50_000, 100_000); // it is warm, and in the gear for many packets
    let best = 0;
    let before = (await observer.dropped()) ?? 0;
    for (const rate of rates) {
      const { perSecond } = await flood.send(rate, (rate || 1_000_000) * lossSeconds);
      await sleep(300);
      const dropped = (await observer.dropped()) ?? 0;
      progress(`${observer.name}: ${Math.round(perSecond)}/s sent, ${dropped - before} dropped`);
      if (dropped === before) best = Math.max(best, perSecond);
      before = dropped;
      if (perSecond < rate * 0.9) break;
    }
    return best;
  } finally {
    await flood.stop();
    await observer.stop();
  }
}

async function cpu(source: Namespace, pod: Namespace, flows: number): Promise<BenchRow[]> {
  const makers = [() => new SnoopyAgent(), () => new Softflowd(), () => new Fprobe(), () => new Tcpdump()];
  const results = new Map<string, number[]>();
  for (let round = 0; round < rounds; round++) {
    for (const make of makers) {
      const observer = make();
      const all = results.get(observer.name) ?? [];
      results.set(observer.name, all);
      all.push(await nanosecondsPerPacket(observer, source, pod, flows));
    }
  }
  const [ours, ...peers] = [...results].map(([name, all]) => ({ name, value: median(all) }));
  const what = `CPU, ${flows.toLocaleString('en')} flows at ${cpuRate.toLocaleString('en')}/s`;
  return peers.map((peer) => ({
    ...compare(what, 'ns/packet', ours!.value, peer.name, peer.value),
    ratio: peer.value / ours!.value,
    note: `ours by theirs ${(ours!.value / peer.value).toFixed(2)}`,
  }));
}

async function nanosecondsPerPacket(
  observer: Observer,
  source: Namespace,
  pod: Namespace,
  flows: number,
): Promise<number> {
  await observer.start(pod);
  const flood = new Flood(source, flows);
  try {
    await flood.send(cpuRate, cpuRate * warmSeconds);
    const before = observer.cpuSeconds();
    const { packets } = await flood.send(cpuRate, cpuRate * cpuSeconds);
    const nanoseconds = ((observer.cpuSeconds() - before) * 1e9) / packets;
    progress(`${observer.name}: ${flows} flows, ${nanoseconds.toFixed(0)} ns a packet`);
    return nanoseconds;
  } finally {
    await flood.stop();
    await observer.stop();
  }
}

function compare(what: string, unit: string, ours: number, peer: string, peerValue: number): BenchRow {
  return { bench: 'capture', what, ours, peer, peerValue, ratio: ours / peerValue, unit };
}

/** Rows come at the end only, when all observers were seen: until then, what is going on. */
function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  printRows(await run());
}
