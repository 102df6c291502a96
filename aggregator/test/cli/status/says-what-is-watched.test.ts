import type { GetStatusResponseMessage } from '@snoopy/proto';
import t from 'tap';
import { FakeAggregator } from '../../fakes/fake-aggregator.js';
import { snoopyInProcess } from '../../fakes/in-process.js';
import { snoopy } from '../../fakes/snoopy-process.js';

const status: GetStatusResponseMessage = {
  version: '0.1.0',
  uptimeSeconds: 7_325,
  connections: 1_234,
  flowsPerSecond: 98.6,
  subscribers: 2,
  flowsKept: 65_536,
  oldestFlow: { seconds: 1_800_000_000, nanos: 0 },
  lost: [{ node: 'node-b', stage: 'uplink', reason: 'full', count: 1_500, unit: 'LOSS_UNIT_RECORDS' }],
  hints: ['node-b left out 1 pod: raise --packet-memory.\u001b[31m'],
  agents: [
    {
      name: 'node-a',
      version: '0.1.0',
      connected: true,
      clockOffsetSeconds: -0.0021,
      clockErrorSeconds: 0.0003,
      recordsPerSecond: 60.2,
      report: {
        packetRings: 1,
        packetRingsMax: 32,
        rowsQueued: 5,
        countedBy: 'packets: --flows auto, and the kernel cannot: it has no BTF',
      },
      pods: [
        { namespace: 'shop', name: 'web-1', state: 'WATCH_STATE_WATCHED', interfaces: ['eth0'] },
        { namespace: 'kube-system', name: 'proxy', state: 'WATCH_STATE_SKIPPED', reason: 'host-network' },
      ],
    },
    {
      name: 'node-b',
      connected: false,
      lastSeen: { seconds: Math.floor(Date.now() / 1_000) - 125, nanos: 0 },
      report: { packetRings: 32, packetRingsMax: 32, rowsLost: 1_500 },
      pods: [
        { namespace: 'shop', name: 'api-1', state: 'WATCH_STATE_NOT_SELECTED' },
        {
          namespace: 'shop',
          name: 'db-1',
          state: 'WATCH_STATE_LEFT_OUT',
          reason: 'packet-memory: no ring is left',
        },
      ],
    },
  ],
};

t.test('agents, pods that are not watched and why, losses, hints', async (t) => {
  const server = await FakeAggregator.start({ status });
  t.teardown(() => server.stop());
  const { code, stdout, stderr } = await snoopy(['status', '--server', server.address]);
  t.strictSame([code, stderr], [0, '']);
  t.match(stdout, /^snoopy-aggregator 0\.1\.0 at 127\.0\.0\.1:\d+, up 2 h 2 min\n/);
  t.match(stdout, '1,234 connections, 99 flows/s, 65,536 flows kept since 08:00:00.000, 2 subscribers\n');
  t.match(stdout, /node-a +0\.1\.0 +connected +1 +60 +5 +0 +packets 1\/32 +-2\.1 ms ± 300 µs\n/);
  t.match(stdout, /node-b +gone for 2 min \d+ s +0 +0 +0 +1,500 +packets 32\/32\n/);
  t.match(
    stdout,
    'How flows are counted\nnode-a  packets: --flows auto, and the kernel cannot: it has no BTF\n',
  );
  t.match(stdout, '1 watched, 1 skipped, 1 not selected, 1 left out\n');
  t.match(stdout, /kube-system\/proxy +node-a +skipped +host-network\n/);
  t.match(stdout, /shop\/db-1 +node-b +left out +packet-memory: no ring is left\n/);
  t.notMatch(stdout, 'api-1');
  t.match(stdout, /node-b +uplink +full +1,500 +records\n/);
  t.match(stdout, 'raise --packet-memory.?[31m');
});

t.test('--pods lists them all, json is the whole answer', async (t) => {
  const all = await snoopyInProcess(['status', '--pods'], { status });
  t.match(all.stdout, /shop\/web-1 +node-a +watched +eth0\n/);
  t.match(all.stdout, /shop\/api-1 +node-b +not selected\n/);
  const json = await snoopyInProcess(['status', '-o', 'json'], { status });
  t.equal(json.stdout.trimEnd().split('\n').length, 1);
  t.match(JSON.parse(json.stdout), {
    oldestFlow: '2027-01-15T08:00:00.000000Z',
    flowsPerSecond: 98.6,
    agents: [{ name: 'node-a', pods: [{ state: 'WATCH_STATE_WATCHED' }, {}] }, { connected: false }],
  });
});

t.test('an aggregator that nobody ever connected to', async (t) => {
  const { stdout } = await snoopyInProcess(['status'], { status: { hints: ['No agent is connected.'] } });
  t.match(stdout, /Agents\nnone has ever connected\n/);
  t.match(stdout, /Lost since the start\nnothing\n/);
  t.match(stdout, /Hints\nNo agent is connected\.\n/);
});
