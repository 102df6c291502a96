/*
 * The bound of issue 4: at most 150 MiB RSS with two agents and ten subscribers, one of them stopped. 5,000 flows a
 * second, a scrape every two seconds. Takes 75 s; `SNOOPY_TEST_SECONDS=600` makes it the ten minutes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { LinkAgent } from '../fakes/link-agent.js';
import { anyPorts, Program } from '../fakes/program.js';
import { type TestPod, tcpPair } from '../merge/world.js';

const SECONDS = Number(process.env.SNOOPY_TEST_SECONDS ?? 60);
const MOST_MIB = 150;
/** Pairs in each 100 ms: two records each, one flow. */
const PAIRS = 250;

/** A process of so many followers, each on a connection of its own. */
const followers = `
  import * as grpc from '@grpc/grpc-js';
  import { ObserverClient } from '@snoopy/proto';
  let flows = 0, lost = 0;
  for (let i = 0; i < Number(process.argv[2]); i++) {
    const client = new ObserverClient(process.argv[1], grpc.credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
    const stream = client.getFlows({ follow: true });
    stream.on('data', (message) => {
      flows += message.flows.length;
      for (const loss of message.lost) lost += loss.count;
    });
    stream.on('error', () => undefined);
  }
  setInterval(() => process.stdout.write(JSON.stringify({ flows, lost }) + '\\n'), 500);
`;

function startFollowers(address: string, count: number): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '-e', followers, address, String(count)], {
    cwd: fileURLToPath(new URL('../../../', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

function rssMib(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1_024;
}

/** Least squares; samples are a second apart. */
function slopeOf(samples: readonly number[]): number {
  const [x, y] = [
    (samples.length - 1) / 2,
    samples.reduce((sum, sample) => sum + sample, 0) / samples.length,
  ];
  let [above, below] = [0, 0];
  samples.forEach((sample, i) => {
    above += (i - x) * (sample - y);
    below += (i - x) ** 2;
  });
  return above / below;
}

/** The largest sample of each tenth. */
function tenths(samples: readonly number[]): number[] {
  return Array.from({ length: 10 }, (_, i) => {
    const part = samples.slice((i * samples.length) / 10, ((i + 1) * samples.length) / 10);
    return Math.max(...part);
  });
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function pods(node: number): TestPod[] {
  return Array.from({ length: 20 }, (_, i) => ({
    uid: `uid-${node}-${i}`,
    namespace: 'shop',
    name: `pod-${node}-${i}`,
    node: `node-${node}`,
    ip: `10.0.${node}.${i + 1}`,
  }));
}

t.test('two agents, ten subscribers, one of them stopped', { timeout: (SECONDS + 60) * 1_000 }, async (t) => {
  const program = new Program(t, anyPorts);
  const { agents, clients, http } = await program.listening();
  const sides = [1, 2].map((node) => new LinkAgent(agents, `node-${node}`, pods(node)));
  await Promise.all(sides.map((side) => side.open()));
  const nine = startFollowers(clients, 9);
  const stopped = startFollowers(clients, 1);
  t.teardown(() => [nine, stopped].map((child) => child.kill('SIGKILL')));
  let last = { flows: 0, lost: 0 };
  nine.stdout!.on('data', (data) => {
    last = JSON.parse(String(data).trim().split('\n').at(-1)!);
  });
  await pause(3_000);
  stopped.kill('SIGSTOP');

  const [one, two] = sides as [LinkAgent, LinkAgent];
  const samples: number[] = [];
  const start = performance.now();
  let flows = 0;
  for (let tick = 1; performance.now() - start < SECONDS * 1_000; tick++) {
    const pairs = Array.from({ length: PAIRS }, (_, i) => {
      const n = tick * PAIRS + i;
      return tcpPair(one.pods[n % 20]!, two.pods[(n * 7) % 20]!, 10_000 + (n % 50_000), {
        lastUs: Date.now() * 1_000,
        clientIsn: n,
        serverIsn: n,
      });
    });
    flows += PAIRS;
    one.send(pairs.map(([row]) => row));
    two.send(pairs.map(([, row]) => row));
    if (tick % 20 === 0) await (await fetch(`http://${http}/metrics`)).text();
    if (tick % 10 === 0) samples.push(rssMib(program.child.pid!));
    await pause(Math.max(0, start + tick * 100 - performance.now()));
  }
  await Promise.all(sides.map((side) => side.settled()));
  for (let i = 0; i < 100 && last.flows + last.lost < 9 * flows; i++) await pause(100);
  const [peak, middle, end] = [Math.max(...samples), samples[samples.length >> 1]!, samples.at(-1)!];
  const slope = slopeOf(samples.slice(samples.length >> 1)) * 60;
  t.comment(`RSS: peak ${peak.toFixed(0)} MiB, half-way ${middle.toFixed(0)}, at the end ${end.toFixed(0)}`);
  t.comment(`slope of the second half: ${slope.toFixed(2)} MiB a minute`);
  t.comment(`each tenth: ${tenths(samples).map(Math.round).join(' ')} MiB`);
  t.ok(peak <= MOST_MIB, `peak ${peak.toFixed(0)} MiB`);
  t.ok(end - middle < 12, 'and flat');
  t.same(last, { flows: 9 * flows, lost: 0 }, 'the nine got everything, whatever the tenth did');
  for (const side of sides) side.close();
});
