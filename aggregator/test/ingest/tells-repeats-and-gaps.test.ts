import { systemClock } from '@snoopy/proto';
import t from 'tap';
import { SequenceTracker } from '../../src/ingest/sequence-tracker.js';
import { keys, LinkRig, sleep, TestAgent, until } from './link-rig.js';

const uplink = (count: number) => ({
  stage: 'uplink',
  reason: 'full',
  unit: 'LOSS_UNIT_RECORDS' as const,
  count,
});

t.test(
  'what comes again after a reconnect is dropped by its number, and its losses are counted once',
  async (t) => {
    const rig = await new LinkRig().start();
    const first = (await new TestAgent(rig.port).hello()).openFlows();
    const batches = [first.batch(100), first.batch(100, [uplink(7)]), first.batch(100)];
    first.flows!.write(batches[0]!);
    first.flows!.write(batches[1]!);
    await until(() => rig.records.length === 200);
    first.close();
    const again = (await new TestAgent(rig.port).hello({ nextSequence: 0 })).openFlows();
    for (const batch of batches) again.flows!.write(batch);
    await until(() => again.acked === 300);
    t.strictSame([...rig.records].sort(), keys(first, 0, 300).sort());
    t.equal(rig.lost('uplink', 'full'), 7);
    t.equal(rig.lost('link', 'gap'), 0);
    again.close();
    await rig.stop();
  },
);

t.test(
  'a gap that the agent’s own loss explains is that loss, before or behind it; any other is a gap',
  async (t) => {
    const clock = {
      ...systemClock,
      aheadMs: 0,
      monotonicMs: () => systemClock.monotonicMs() + clock.aheadMs,
    };
    const rig = await new LinkRig(clock).start();
    const agent = (await new TestAgent(rig.port).hello()).openFlows();
    agent.send(10);
    agent.send(10, [uplink(500)], 510);
    agent.send(10, [], 610);
    agent.send(10, [uplink(90)]);
    agent.send(10, [], 730);
    await until(() => agent.acked === 740);
    t.equal(rig.lost('uplink', 'full'), 590);
    await sleep(1_100);
    t.equal(rig.lost('link', 'gap'), 0, 'an explanation may still come');
    clock.aheadMs = 31_000;
    await until(() => rig.lost('link', 'gap') > 0);
    t.equal(rig.lost('link', 'gap'), 100);
    t.equal(rig.records.length, 50);
    await sleep(1_100);
    t.equal(rig.lost('link', 'gap'), 100, 'once');
    agent.close();
    await rig.stop();
  },
);

t.test('a new aggregator expects what the agent still has', (t) => {
  const tracker = new SequenceTracker(5_000);
  const header = { epoch: 1, firstSequence: 5_000, lost: [] };
  t.match(tracker.accept(header, 10, 0), { repeated: 0, gap: 0 });
  t.match(tracker.accept({ ...header, firstSequence: 5_030 }, 10, 0), { gap: 20 });
  t.match(tracker.accept({ ...header, firstSequence: 5_030 }, 10, 0), { gap: 0, repeated: 10 });
  t.equal(tracker.unexplained(30_000), 20);
  t.equal(tracker.unexplained(90_000), 0);
  t.end();
});

t.test('batches without rows are told apart by their serial numbers', (t) => {
  const tracker = new SequenceTracker(7);
  const lost = [{ stage: 'kernel_ring', reason: 'full', unit: 'LOSS_UNIT_PACKETS' as const, count: 3 }];
  const told = (firstSequence: number, serial: number) =>
    tracker.accept({ epoch: 1, firstSequence, serial, lost }, 0, 0).lost.length;
  t.equal(told(7, 1), 1);
  t.equal(told(7, 2), 1, 'the same again is a second loss');
  t.equal(told(7, 1), 0, 'sent again');
  t.equal(told(7, 2), 0);
  t.equal(told(7, 3), 1);
  t.equal(told(6, 9), 0, 'of before');
  t.end();
});
