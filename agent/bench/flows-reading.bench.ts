import { closeSync, openSync } from 'node:fs';
import { FlowColumns } from '@snoopy/proto';
import { type BenchRow, printRows } from '@snoopy/scripts/bench/bench-row';
import { Net } from '@snoopy/scripts/rig/netns';
import { FlowTable } from '../src/flow/flow-table.js';
import { KernelFlows } from '../src/kernel/kernel-flows.js';
import { Libbpf } from '../src/kernel/libbpf.js';
import { kernelMemory } from '../src/kernel/memory-plan.js';
import { NetworkSyscalls } from '../src/kernel/network-syscalls.js';
import { programFiles } from '../src/kernel/program-files.js';
import { Programs } from '../src/kernel/programs.js';
import { Visitor } from '../src/kernel/visitor.js';
import { LiveConnections } from './live-connections.js';

/*
 * One pass over living connections, up to columns: `npm run bench -- flows-reading`; by hand
 * `node agent/build/bench/flows-reading.bench.js [CONNECTIONS]`.
 */
/** The default of --flow-memory. */
const FLOW_MEMORY = 48 << 20;
const BENCH = 'flows';

/** One pass over so many living connections that have all moved, up to columns, and what holds the event loop. */
async function reading(entries: number): Promise<BenchRow[]> {
  const net = new Net();
  const before = process.memoryUsage().rss;
  const { tableBytes, ...sizes } = kernelMemory(FLOW_MEMORY);
  const programs = new Programs(new Libbpf(), new NetworkSyscalls(), programFiles(), sizes);
  const table = new FlowTable({ memoryBytes: tableBytes, seed: 1 });
  const ledger = { decoded: () => {}, lost: () => {} };
  const monotonicUs = (): number => Number(process.hrtime.bigint() / 1_000n);
  const flows = new KernelFlows(programs, new Visitor(programs.forVisits), table, ledger, monotonicUs);
  try {
    const bridge = net.bridge();
    const server = bridge.join(net.namespace('server'));
    const client = bridge.join(net.namespace('client'));
    for (const pod of [server, client]) {
      const netns = openSync(pod.path, 'r');
      const ref = { uid: pod.label, namespace: 'bench', name: pod.label };
      const place = { path: pod.path, inode: 0 };
      await flows.attach({ pod: ref, netns, place, interface: 'eth0', link: 'ethernet', addresses: [] });
      closeSync(netns);
    }
    const live = new LiveConnections();
    await live.open(server, client, bridge.v4(server), entries);
    const columns = new FlowColumns(1_000);
    let nowUs = Date.now() * 1_000;
    const pass = () => {
      nowUs += 5_000_000;
      const slices: number[] = [];
      let rows = 0;
      for (let more = true; more; ) {
        const begin = performance.now();
        if (slices.length === 0) flows.advance(nowUs);
        more = flows.drain(columns, nowUs, 1_000);
        rows += columns.rows;
        slices.push(performance.now() - begin);
      }
      return { rows, ms: slices.reduce((a, b) => a + b, 0), longest: Math.max(...slices) };
    };
    pass();
    const moved: ReturnType<typeof pass>[] = [];
    let still = pass();
    for (let i = 0; i < 3; i++) {
      await live.move();
      await new Promise((resolve) => setTimeout(resolve, 700));
      moved.push(pass());
      still = pass();
    }
    const best = moved.sort((a, b) => a.ms - b.ms)[0]!;
    const row = (what: string, ours: number, unit: string, note?: string): BenchRow => ({
      bench: BENCH,
      what: `${what}, ${entries} live`,
      ours,
      unit,
      ...(note ? { note } : {}),
    });
    return [
      row(
        'a pass, all moved',
        (best.ms * 1e6) / best.rows,
        'ns an entry',
        `${best.rows} rows in ${best.ms.toFixed(0)} ms, to columns`,
      ),
      row('a pass, all moved: longest slice', best.longest, 'ms'),
      row(
        'a pass, none moved',
        (still.ms * 1e6) / entries,
        'ns an entry',
        `longest slice ${still.longest.toFixed(1)} ms`,
      ),
      row('memory of this process, more', (process.memoryUsage().rss - before) / 2 ** 20, 'MiB RSS'),
    ];
  } finally {
    flows.close();
    net.close();
  }
}

const wanted = process.argv[2];
for (const entries of wanted === undefined ? [1_000, 10_000, 100_000] : [Number(wanted)])
  printRows(await reading(entries));
process.exit(0);
