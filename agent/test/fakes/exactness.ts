import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Protocol } from '@snoopy/proto';
import type { AgentProcess } from './agent-process.js';
import { WatchedPod } from './watched-pod.js';

const sender = fileURLToPath(new URL('./datagram-sender.js', import.meta.url));

export interface Exactness {
  readonly sent: number;
  /** In rows, as received by the pod. */
  readonly counted: number;
  /** As the agent's last report says, all stages together. */
  readonly lost: number;
  /** As batches told. */
  readonly told: number;
}

/**
 * Numbered datagrams into a watched pod, while something happens to the agent. Returns what was sent and what became of
 * it.
 */
export async function countDatagrams(
  datagrams: number,
  perSecond: number,
  meanwhile: (agent: AgentProcess) => Promise<void>,
  flags: readonly string[] = [],
): Promise<Exactness> {
  const rig = new WatchedPod();
  try {
    await rig.start(...flags);
    const { client, pod, bridge, agent, aggregator } = rig;
    const args = [sender, bridge.v4(pod), '9', `${datagrams}`, `${perSecond}`];
    const child = client.spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout!.on('data', (text: Buffer) => {
      output += text.toString();
    });
    await Promise.all([once(child, 'close'), meanwhile(agent)]);
    await agent.stop();
    const rows = aggregator.rows.filter((row) => row.protocol === Protocol.udp && row.local.endsWith(':9'));
    return {
      sent: Number(output),
      counted: rows.reduce((sum, row) => sum + row.receivedPackets, 0),
      lost: (aggregator.report?.lost ?? []).reduce((sum, one) => sum + Number(one.count), 0),
      told: aggregator.lost.reduce((sum, one) => sum + Number(one.count), 0),
    };
  } finally {
    await rig.end();
  }
}
