import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { TaskReport } from '@snoopy/proto';
import t from 'tap';
import { PcapReader } from '../../src/capture/pcap-reader.js';
import { isTcpdump } from '../fakes/agent-process.js';
import { until } from '../fakes/aggregator.js';
import { fileHeader } from '../fakes/pcap.js';
import { WatchedPod } from '../fakes/watched-pod.js';

const sender = fileURLToPath(new URL('../fakes/datagram-sender.js', import.meta.url));
const none = { filter: '', snaplen: 0, interfaces: [], maxPackets: 0, maxBytes: 0, maxSeconds: 0 };

t.test('captures that the aggregator asks for', { timeout: 60_000 }, async (t) => {
  const rig = new WatchedPod();
  t.teardown(() => rig.end());
  await rig.start();
  const { aggregator, pod, bridge, client } = rig;
  const last = (id: string): TaskReport | undefined => aggregator.tasks.filter((one) => one.id === id).at(-1);
  const ended = (id: string): boolean =>
    last(id)?.state !== undefined && last(id)!.state !== 'TASK_STATE_RUNNING';
  const chunksOf = (id: string) => aggregator.chunks.filter((one) => one.taskId === id);
  const packetsOf = (id: string): number => chunksOf(id).reduce((sum, one) => sum + one.packets, 0);
  const tools = (): number => pod.pids().filter(isTcpdump).length;
  const send = async (count: number, port = 9): Promise<void> => {
    const result = await client.execute(process.execPath, [sender, bridge.v4(pod), `${port}`, `${count}`]);
    t.equal(result.stdout.trim(), `${count}`);
  };

  await t.test(
    'two at once on one pod, each with its filter; every packet, in order, nothing dropped',
    async (t) => {
      aggregator.startTask({ id: 'all', podUids: ['uid-pod'], capture: { ...none, filter: 'udp' } });
      aggregator.startTask({
        id: 'some',
        podUids: ['uid-pod'],
        capture: { ...none, filter: 'udp port 10', snaplen: 60 },
      });
      await until('both run', () => tools() === 3);
      aggregator.startTask({ id: 'all', podUids: ['uid-pod'], capture: none });
      await sleep(300);
      t.equal(tools(), 3, 'the same id twice is one task');
      await send(3_000, 9);
      await send(2_000, 10);
      await until('all packets are there', () => packetsOf('all') === 5_000 && packetsOf('some') === 2_000);
      aggregator.send({ stop: { id: 'all' } });
      aggregator.send({ stop: { id: 'some' } });
      await until('both have ended', () => ended('all') && ended('some'));
      const target = last('all')!.targets[0]!;
      t.match(target, {
        podUid: 'uid-pod',
        interface: 'eth0',
        state: 'TASK_STATE_DONE',
        error: '',
        packets: 5_000,
      });
      t.equal(target.kernelDropped + target.agentDropped, 0);
      const chunks = chunksOf('all');
      t.ok(chunks.at(-1)!.last);
      t.equal(chunks[0]!.linkType, 1);
      let next = 0;
      for (const chunk of chunks) {
        t.equal(chunk.firstPacket, next);
        next += chunk.packets;
      }
      const reader = new PcapReader();
      reader.feed(Buffer.concat([fileHeader(60), ...chunksOf('some').map((one) => one.records)]));
      let numbers = 0;
      while (reader.next()) if (reader.view.getUint32(reader.offset + 42) === numbers) numbers++;
      t.equal(numbers, 2_000, 'numbered one after the other');
      await until('their tcpdumps are gone', () => tools() === 1);
    },
  );

  await t.test('bounds end a capture: packets, bytes, time', async (t) => {
    aggregator.startTask({ id: 'packets', podUids: ['uid-pod'], capture: { ...none, maxPackets: 100 } });
    aggregator.startTask({ id: 'bytes', podUids: ['uid-pod'], capture: { ...none, maxBytes: 10_000 } });
    aggregator.startTask({ id: 'seconds', podUids: ['uid-pod'], capture: { ...none, maxSeconds: 1 } });
    await until('all run', () => tools() === 4);
    await sleep(200);
    await send(2_000);
    await until('all have ended', () => ended('packets') && ended('bytes') && ended('seconds'));
    t.equal(packetsOf('packets'), 100);
    t.equal(last('packets')!.targets[0]!.kernelDropped, 0, 'what came after its limit is not missed');
    t.ok(last('bytes')!.targets[0]!.bytes >= 10_000);
    t.equal(last('seconds')!.state, 'TASK_STATE_DONE');
  });

  await t.test('what cannot be done is answered with a sentence, and nothing is started', async (t) => {
    const refusals: readonly (readonly [string, object, RegExp])[] = [
      ['filter-a', { podUids: ['uid-pod'], capture: { ...none, filter: '-w/tmp/x' } }, /filter/],
      [
        'filter-b',
        { podUids: ['uid-pod'], capture: { ...none, filter: 'udp or or' } },
        /filter is refused: .*syntax error/,
      ],
      ['filter-c', { podUids: ['uid-pod'], capture: { ...none, filter: 'udp) or (tcp' } }, /filter/],
      ['pod', { podUids: ['../../etc/passwd'], capture: none }, /no such pod/],
      ['snaplen', { podUids: ['uid-pod'], capture: { ...none, snaplen: 4_000_000_000 } }, /snaplen/],
      ['interface-a', { podUids: ['uid-pod'], capture: { ...none, interfaces: ['../x'] } }, /interface/],
      ['interface-b', { podUids: ['uid-pod'], capture: { ...none, interfaces: ['eth7'] } }, /eth7/],
      ['kind', { podUids: ['uid-pod'] }, /kind/],
      ['nobody', { podUids: [], capture: none }, /no pod|^$/],
    ];
    for (const [id, task] of refusals) aggregator.startTask({ id, ...task });
    aggregator.startTask({ id: 'bad id\n', podUids: ['uid-pod'], capture: none });
    for (const [id, , message] of refusals) {
      await until(`${id} is answered`, () => ended(id));
      t.equal(last(id)!.state, id === 'nobody' ? last(id)!.state : 'TASK_STATE_FAILED', id);
      t.match(last(id)!.targets[0]?.error ?? '', message, id);
    }
    await until('nothing runs', () => tools() === 1);
    t.equal(last('bad id\n'), undefined);
  });

  await t.test('the clock is answered', async (t) => {
    const before = Date.now() * 1_000;
    aggregator.send({ clock: { id: 7, sentUs: 1_234 } });
    await until('an answer', () => aggregator.clocks.length > 0);
    const { clock } = aggregator.clocks[0]!;
    t.match(clock, { id: 7, sentUs: 1_234 });
    t.ok(clock!.receivedUs >= before && clock!.repliedUs >= clock!.receivedUs);
  });

  await t.test('captures end with the session that asked for them', async () => {
    aggregator.startTask({ id: 'left', podUids: ['uid-pod'], capture: none });
    await until('it runs', () => tools() === 2);
    aggregator.stop();
    await until('it is gone', () => tools() === 1);
  });
});
