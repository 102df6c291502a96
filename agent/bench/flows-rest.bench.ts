import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { type BenchRow, printRows } from '@snoopy/scripts/bench/bench-row';
import { type Namespace, Net } from '@snoopy/scripts/rig/netns';
import { AgentProcess, listed } from '../test/fakes/agent-process.js';
import { FakeAggregator, until } from '../test/fakes/aggregator.js';
import { ControlGroup } from './control-group.js';
import { memoryOf, processTree, statOf } from './process-tree.js';

/*
 * What an agent costs that watches pods in which nothing happens: CPU of the process and of what it starts, memory, and
 * how long it takes from its start until it is ready and until it watches every pod. `npm run bench -- flows-rest`; by hand,
 * `node agent/build/bench/flows-rest.bench.js kernel|packets [PODS [SECONDS]]`.
 */
const HTTP = '127.0.0.1:19966';

/** What all threads of a process have run, in milliseconds (proc(5), /proc/PID/task/TID/schedstat), by their names. */
function threads(pid: number): Map<string, number> {
  const found = new Map<string, number>();
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    const folder = `/proc/${pid}/task/${tid}`;
    const name = `${readFileSync(`${folder}/comm`, 'utf8').trim()} ${tid}`;
    found.set(name, Number(readFileSync(`${folder}/schedstat`, 'utf8').split(' ')[0]) / 1e6);
  }
  return found;
}

function sum(values: Iterable<number>): number {
  return [...values].reduce((total, value) => total + value, 0);
}

/** How often threads have gone to sleep. */
function sleeps(pid: number): number {
  return sum(
    readdirSync(`/proc/${pid}/task`).map((tid) => {
      const text = readFileSync(`/proc/${pid}/task/${tid}/status`, 'utf8');
      return Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(text)?.[1] ?? 0);
    }),
  );
}

async function readyAfter(agent: AgentProcess, startMs: number): Promise<number> {
  for (;;) {
    const ok = await fetch(`http://${HTTP}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
    const ms = performance.now() - startMs;
    if (ok) return ms;
    if (!agent.alive || ms > 60_000) throw new Error(`the agent is not ready: ${agent.stderr}`);
    await sleep(10);
  }
}

export async function run(flows: 'kernel' | 'packets', pods = 100, seconds = 60): Promise<BenchRow[]> {
  const net = new Net();
  const aggregator = new FakeAggregator();
  aggregator.keepRows = false;
  const agent = new AgentProcess();
  const group = new ControlGroup();
  try {
    const bridge = net.bridge();
    const all = Array.from({ length: pods }, (_, i) => bridge.join(net.namespace(`p${i}`)));
    await aggregator.start();
    agent.list(all.map((pod) => listed(pod)));
    const startMs = performance.now();
    agent.start(aggregator.address, '--flows', flows, '--http', HTTP, '--packet-memory', '1GiB');
    group.take(agent.pid);
    const readyMs = await readyAfter(agent, startMs);
    const watched = (): boolean =>
      [...aggregator.pods.values()].filter(({ interfaces }) => interfaces.length > 0).length === pods;
    await until('all are watched', watched, 60);
    const watchedMs = performance.now() - startMs;
    await sleep(75_000); // neighbour discovery and the first looks are over, V8 has compiled what runs each second
    if (!agent.alive) throw new Error(`the agent has ended: ${agent.stderr}`);
    const before = { threads: threads(agent.pid), sleeps: sleeps(agent.pid), children: children(agent.pid) };
    await sleep(seconds * 1_000);
    const after = threads(agent.pid);
    const own = (sum(after.values()) - sum(before.threads.values())) / seconds;
    const others = ((children(agent.pid) - before.children) * 1_000) / seconds;
    const wakes = (sleeps(agent.pid) - before.sleeps) / seconds;
    if (process.env.THREADS)
      for (const [name, ms] of after)
        console.log(name, ((ms - (before.threads.get(name) ?? 0)) / seconds).toFixed(3), 'ms/s');
    const memory = { rss: memoryOf(agent.pid).rss, charged: group.mebibytes };
    const one = await eachPod(agent, aggregator, group, all);
    const row = (what: string, ours: number, limit: number, unit: string, note?: string): BenchRow => ({
      bench: 'flows',
      what: `${what}, ${flows}, ${pods} pods`,
      ours,
      unit,
      peer: 'limit',
      peerValue: limit,
      ratio: limit / ours,
      ...(note ? { note } : {}),
    });
    return [
      row('ready after the start', readyMs, 1_000, 'ms'),
      row('all pods watched after the start', watchedMs, Number.NaN, 'ms'),
      row(
        'CPU per second',
        own + others,
        1,
        'ms',
        `${wakes.toFixed(1)} wake-ups/s; of children ${others.toFixed(2)} ms`,
      ),
      row('memory of the process', memory.rss, 90, 'MiB RSS'),
      row('memory charged, maps included', memory.charged, Number.NaN, 'MiB'),
      row(
        'CPU to attach a pod',
        one.cpuMs,
        5,
        'ms',
        `${one.wallMs.toFixed(1)} ms until it is attached, most of it waiting for RCU`,
      ),
      row('memory of a pod more', one.kibibytes, 64, 'KiB charged'),
    ];
  } finally {
    await agent.stop();
    aggregator.stop();
    net.close();
    group.end();
  }
}

/** After so long an agent has given back what its work took. */
const restsMs = 25_000;

/** What each pod more costs: all but one leave and come again. */
async function eachPod(
  agent: AgentProcess,
  aggregator: FakeAggregator,
  group: ControlGroup,
  all: readonly Namespace[],
) {
  const watched = (): number =>
    [...aggregator.pods.values()].filter(({ interfaces }) => interfaces.length > 0).length;
  agent.list(all.slice(0, 1).map((pod) => listed(pod)));
  await until('one is left', () => aggregator.pods.size === 1, 60);
  await sleep(restsMs);
  const [cpu, charged, start] = [sum(threads(agent.pid).values()), group.mebibytes, performance.now()];
  agent.list(all.map((pod) => listed(pod)));
  await until('all are watched again', () => watched() === all.length, 60);
  const more = all.length - 1;
  const [cpuMs, wallMs] = [
    (sum(threads(agent.pid).values()) - cpu) / more,
    (performance.now() - start) / more,
  ];
  await sleep(restsMs);
  return {
    cpuMs,
    wallMs,
    kibibytes: ((group.mebibytes - charged) * 1_024) / more,
  };
}

/** CPU seconds of everything that the process has started, and has waited for. */
function children(pid: number): number {
  const waited = ((): number => {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[13]) + Number(fields[14])) / 100;
  })();
  return (
    waited +
    sum(
      processTree(pid)
        .slice(1)
        .map((one) => statOf(one)?.cpuSeconds ?? 0),
    )
  );
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [flows, pods, seconds] = process.argv.slice(2);
  for (const kind of ['kernel', 'packets'] as const)
    if (flows === undefined || flows === kind)
      printRows(await run(kind, Number(pods ?? 100), Number(seconds ?? 60)));
  process.exit(0);
}
