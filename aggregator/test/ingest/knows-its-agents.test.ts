import type { Clock } from '@snoopy/proto';
import t from 'tap';
import { ClockOffset } from '../../src/ingest/clock-offset.js';
import { LinkRig, TestAgent, until } from './link-rig.js';

t.test('the answer with the shortest round trip decides an agent’s clock', (t) => {
  const clock = new ClockOffset();
  t.equal(clock.offsetUs, 0);
  // The agent is 5 s ahead; the way there takes 100, 10, 400 µs, the way back 10.
  for (const there of [100, 10, 400]) {
    clock.add(
      { sentUs: 1_000, receivedUs: 5_000_000 + 1_000 + there, repliedUs: 5_000_000 + 1_050 + there },
      1_060 + there,
    );
  }
  t.equal(clock.offsetUs, 5_000_000);
  t.equal(clock.errorUs, 10);
  clock.add({ sentUs: 1_000, receivedUs: 0, repliedUs: 5_000 }, 1_001);
  t.equal(clock.errorUs, 10, 'a round trip below zero is nonsense');
  t.end();
});

t.test('status tells what an agent reported: clock, pods, counts', async (t) => {
  const clock: Clock = { nowUs: () => Date.now() * 1_000, monotonicMs: () => performance.now() };
  const rig = await new LinkRig(clock).start();
  const agent = await new TestAgent(rig.port).hello({ version: '1.2.3\u001b' });
  const aheadUs = 3_600e6;
  agent.control.on('data', ({ clock: probe }) => {
    if (!probe) return;
    const now = clock.nowUs() + aheadUs;
    agent.control.write({ clock: { ...probe, receivedUs: now, repliedUs: now } });
  });
  const pod = {
    uid: 'u1',
    namespace: 'shop',
    name: 'web-1',
    labels: { app: 'web' },
    ips: ['10.0.0.1'],
    state: 'WATCH_STATE_WATCHED' as const,
  };
  agent.control.write({
    pods: {
      full: true,
      pods: [
        pod,
        {
          ...pod,
          uid: 'u2',
          name: 'host',
          hostNetwork: true,
          state: 'WATCH_STATE_SKIPPED',
          reason: 'host-network',
        },
      ],
    },
  });
  agent.control.write({ report: { rowsSeen: 10, rowsDelivered: 7, rowsQueued: 2, rowsLost: 1 } });
  await until(
    () =>
      Math.abs(rig.link.agents.clockOffsetUs('node-1') - aheadUs) < 1e6 &&
      rig.link.agents.statuses()[0]?.report !== null,
  );
  t.match(rig.link.agents.statuses(), [
    {
      name: 'node-1',
      version: '1.2.3?',
      connected: true,
      report: { rowsSeen: 10, rowsLost: 1 },
      pods: [{ name: 'web-1' }, { name: 'host', reason: 'host-network' }],
    },
  ]);
  t.match(
    [...rig.link.agents.pods()],
    [
      { name: 'web-1', workload: 'web', node: 'node-1', watched: true },
      { name: 'host', watched: false },
    ],
  );
  agent.control.write({ pods: { full: false, pods: [], removed: ['u1'] } });
  await until(() => [...rig.link.agents.pods()].length === 1);
  agent.close();
  await until(() => rig.link.agents.statuses()[0]?.connected === false);
  t.match(rig.link.agents.statuses(), [{ pods: [{ name: 'host' }] }], 'still shown');
  await rig.stop();
});
