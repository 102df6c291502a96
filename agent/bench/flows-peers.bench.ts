import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchRow, printRows } from '@snoopy/scripts/bench/bench-row';
import type { Namespace } from '@snoopy/scripts/rig/netns';
import { AgentProcess, listed } from '../test/fakes/agent-process.js';
import { FakeAggregator, until } from '../test/fakes/aggregator.js';
import { Switch, WebLoad } from './flows-load.js';
import { Softflowd, Tcpdump } from './observers.js';

/*
 * What a workload keeps beside each way of watching it, in one run, in random order, with nothing beside nothing (A/A):
 * nginx and wrk with 32 clients, the 50th and 99th percentile of its latency, and UDP frames of 64 bytes that iperf3
 * sends, everything on the same processors. `npm run bench -- flows-peers`; by hand
 * `node agent/build/bench/flows-peers.bench.js [100|1|udp [ROUNDS]]`.
 */
const BENCH = 'flows';
const seconds = 2;

/** A way of watching, which may be switched on and off. */
interface Way {
  readonly name: string;
  on(pod: Namespace): Promise<void>;
  off(): Promise<void>;
}

const nothing = (name: string): Way => ({ name, on: async () => {}, off: async () => {} });

/** The programs alone, with somebody who takes their rows. */
function programs(pod: Namespace): Way {
  const kernel = new Switch(pod);
  let timer: NodeJS.Timeout | undefined;
  return {
    name: 'programs alone (sockets + TCX)',
    on: async () => {
      kernel.on();
      timer = setInterval(() => kernel.drain(), 100);
    },
    off: async () => {
      clearInterval(timer);
      kernel.off();
      kernel.drain();
    },
  };
}

/** The whole agent with its link. */
function agentOf(flows: 'kernel' | 'packets'): Way {
  let agent = new AgentProcess();
  let aggregator = new FakeAggregator();
  return {
    name: `snoopy-agent --flows ${flows}`,
    on: async (pod) => {
      [agent, aggregator] = [new AgentProcess(), new FakeAggregator()];
      aggregator.keepRows = false;
      await aggregator.start();
      agent.list([listed(pod)]);
      agent.start(aggregator.address, '--flows', flows);
      await until('it is watched', () => [...aggregator.pods.values()][0]?.interfaces.join() === 'eth0');
      await sleep(500);
    },
    off: async () => {
      await agent.stop();
      aggregator.stop();
    },
  };
}

function observer(make: () => Tcpdump | Softflowd): Way {
  let one = make();
  return {
    name: one.name,
    on: async (pod) => {
      one = make();
      await one.start(pod, false);
    },
    off: () => one.stop(),
  };
}

function waysFor(pod: Namespace): Way[] {
  return [
    nothing('nothing'),
    nothing('nothing again (A/A)'),
    programs(pod),
    agentOf('kernel'),
    agentOf('packets'),
    observer(() => new Tcpdump()),
    observer(() => new Softflowd()),
  ];
}

type Measures = Readonly<Record<string, number>>;

/** Each way in each round, in random order; medians by way and measure. */
async function rounds(ways: readonly Way[], pod: Namespace, count: number, measure: () => Promise<Measures>) {
  const found = new Map(ways.map(({ name }) => [name, [] as Measures[]]));
  for (let round = 0; round < count; round++) {
    for (const way of [...ways].sort(() => Math.random() - 0.5)) {
      await way.on(pod);
      found.get(way.name)!.push(await measure());
      await way.off();
    }
  }
  return (name: string, what: string): number => {
    const values = found
      .get(name)!
      .map((one) => one[what]!)
      .sort((a, b) => a - b);
    return values[values.length >> 1]!;
  };
}

function rowsOf(
  ways: readonly Way[],
  what: string,
  units: Readonly<Record<string, string>>,
  of: (name: string, what: string) => number,
): BenchRow[] {
  return ways.flatMap(({ name }) =>
    Object.entries(units).map(([key, unit]) => {
      const [ours, peerValue] = [of(name, key), of('nothing', key)];
      return {
        bench: BENCH,
        what: `${what}, ${key}, beside ${name}`,
        ours,
        unit,
        peer: 'nothing',
        peerValue,
        ratio: ours / peerValue,
      };
    }),
  );
}

async function web(requests: number, count: number): Promise<BenchRow[]> {
  const load = new WebLoad();
  try {
    await load.serve(requests);
    const ways = waysFor(load.server);
    const of = await rounds(ways, load.server, count, () => load.measure(seconds));
    const what = requests === 1 ? 'one request per connection' : `${requests} requests per connection`;
    return rowsOf(ways, what, { rate: 'requests/s', p50: 'µs', p99: 'µs' }, of);
  } finally {
    load.end();
  }
}

async function udp(count: number): Promise<BenchRow[]> {
  const load = new WebLoad();
  try {
    await load.serve(100);
    load.server.spawn('iperf3', ['-s', '-B', '10.88.0.1'], { stdio: 'ignore' });
    await sleep(500);
    const args = ['-u', '-c', '10.88.0.1', '-b', '0', '-l', '22', '-t', '1', '-J'];
    const measure = async (): Promise<Measures> => {
      const { stdout } = await load.client.execute('iperf3', args);
      const { packets, lost_packets: lost, seconds } = JSON.parse(stdout).end.sum;
      return { sent: packets / seconds, received: (packets - lost) / seconds };
    };
    const ways = waysFor(load.server);
    const of = await rounds(ways, load.server, count, measure);
    return rowsOf(ways, 'UDP of 64 bytes', { sent: 'packets/s', received: 'packets/s' }, of);
  } finally {
    load.end();
  }
}

const [wanted, count = '5'] = process.argv.slice(2);
for (const requests of [100, 1])
  if (wanted === undefined || wanted === String(requests)) printRows(await web(requests, Number(count)));
if (wanted === undefined || wanted === 'udp') printRows(await udp(Number(count)));
process.exit(0);
