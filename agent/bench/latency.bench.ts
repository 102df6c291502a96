import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { FlowState } from '@snoopy/proto';
import { type BenchRow, printRows } from '@snoopy/scripts/bench/bench-row';
import { WatchedPod } from '../test/fakes/watched-pod.js';

/*
 * From the first packet of a new connection, as the kernel stamped it, to its row at the aggregator. Once on a pod with
 * little traffic (low gear), once on one with so much that its packets come in blocks (high gear).
 */
const connections = 300;
const perSecond = 20;
const sender = fileURLToPath(new URL('../test/fakes/datagram-sender.js', import.meta.url));

export async function run(): Promise<BenchRow[]> {
  return [await measure('little other traffic', 0), await measure('4,000 other packets/s', 4_000)];
}

async function measure(what: string, background: number): Promise<BenchRow> {
  const rig = new WatchedPod();
  try {
    await rig.start();
    if (background > 0) {
      const args = [sender, rig.bridge.v4(rig.pod), '9', '100000000', `${background}`];
      rig.client.spawn(process.execPath, args, { stdio: 'ignore' });
      await sleep(3_000);
    }
    await rig.makeFlows(20_000, 20_000 + connections - 1, perSecond);
    await sleep(2_000);
    const delays = rig.aggregator.rows
      .filter((row) => row.state & FlowState.opened && /:20\d\d\d$/.test(row.local))
      .map((row) => (row.atUs - row.lastUs) / 1_000)
      .sort((a, b) => a - b);
    const at = (share: number): number =>
      delays[Math.min(delays.length - 1, Math.floor(delays.length * share))]!;
    const ours = at(0.99);
    const note = `${delays.length} of ${connections}; median ${at(0.5).toFixed(0)}, most ${at(1).toFixed(0)}`;
    const limit = { peer: 'limit', peerValue: 1_000, ratio: 1_000 / ours };
    return { bench: 'latency', what: `first packet to row, p99, ${what}`, ours, ...limit, unit: 'ms', note };
  } finally {
    await rig.end();
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  printRows(await run());
}
