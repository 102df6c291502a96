import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { memoryOf } from '../../bench/process-tree.js';
import { isTcpdump } from '../fakes/agent-process.js';
import { until } from '../fakes/aggregator.js';
import { WatchedPod } from '../fakes/watched-pod.js';

const sender = fileURLToPath(new URL('../fakes/datagram-sender.js', import.meta.url));
const none = { filter: 'udp', snaplen: 0, interfaces: [], maxPackets: 0, maxBytes: 0, maxSeconds: 0 };

t.test(
  'an aggregator that takes no packets: the kernel drops, exactly counted, and the agent stays small',
  async (t) => {
    const rig = new WatchedPod();
    t.teardown(() => rig.end());
    const { aggregator, pod, client, bridge, agent } = rig;
    aggregator.readPackets = false;
    await rig.start();
    aggregator.startTask({ id: 'slow', podUids: ['uid-pod'], capture: none });
    await until('it runs', () => pod.pids().filter(isTcpdump).length === 2);
    await sleep(200);
    const before = memoryOf(agent.pid).rss;
    const count = 250_000;
    const sent = client.execute(process.execPath, [sender, bridge.v4(pod), '9', `${count}`]);
    // Meanwhile the same aggregator asks for more than anyone may.
    for (let i = 0; i < 40; i++)
      aggregator.startTask({ id: `more-${i}`, podUids: ['nobody'], capture: none });
    t.equal((await sent).stdout.trim(), `${count}`);
    await until('flows pass nevertheless', () => aggregator.rows.some((row) => row.local.endsWith(':9')));
    t.ok(memoryOf(agent.pid).rss < before + 32, 'not more than 32 MiB on top');
    aggregator.resumePackets();
    aggregator.send({ stop: { id: 'slow' } });
    const last = () => aggregator.tasks.filter((one) => one.id === 'slow').at(-1);
    await until(
      'it has ended',
      () => last()?.state === 'TASK_STATE_DONE' && aggregator.chunks.at(-1)?.last === true,
    );
    const { packets, kernelDropped, agentDropped } = last()!.targets[0]!;
    t.ok(kernelDropped > 0, `${kernelDropped} dropped`);
    t.equal(packets + kernelDropped + agentDropped, count);
    const arrived = aggregator.chunks.reduce((sum, one) => sum + one.packets, 0);
    t.equal(arrived, packets);
    t.equal(agent.alive, true);
  },
);
