import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { type Namespace, Net } from '@snoopy/scripts/rig/netns';
import t from 'tap';
import { AgentProcess, isTcpdump, type ListedPod, listed } from '../fakes/agent-process.js';
import { FakeAggregator, until } from '../fakes/aggregator.js';

/** How long a change may take, milliseconds; the promise is 2 s. */
const promisedMs = 2_000;

t.test('pods come, go, change and are left out', { timeout: 60_000 }, async (t) => {
  const net = new Net();
  const bridge = net.bridge();
  const aggregator = new FakeAggregator();
  const agent = new AgentProcess();
  t.teardown(async () => {
    await agent.stop();
    aggregator.stop();
    net.close();
  });
  const [web, api, db, late] = ['web', 'api', 'db', 'late'].map((name) =>
    bridge.join(net.namespace(name)),
  ) as [Namespace, Namespace, Namespace, Namespace];
  const tools = (pod: Namespace): number => pod.pids().filter(isTcpdump).length;
  const state = (name: string): string =>
    aggregator.pods.get(`uid-${name}`)?.state.replace('WATCH_STATE_', '') ?? 'unknown';
  const reason = (name: string): string => aggregator.pods.get(`uid-${name}`)?.reason ?? '';
  const tookMs = async (what: string, holds: () => boolean): Promise<number> => {
    const start = performance.now();
    await until(what, holds);
    return performance.now() - start;
  };
  const first: ListedPod[] = [
    listed(web),
    listed(db, { labels: { app: 'db' } }),
    { ...listed(api), netns: '/run/netns/none' },
  ];
  await aggregator.start();
  agent.list(first);
  // Rings for three interfaces; one of four is kept for changes.
  agent.start(aggregator.address, '--packet-memory', '8MiB', '--packet-ring', '2MiB', '--select', 'app!=db');
  await until('web is watched', () => tools(web) === 1);

  await t.test('labels select; what cannot be entered says why', async (t) => {
    await until('db is known', () => state('db') === 'NOT_SELECTED' && state('api') === 'FAILED');
    t.notOk(aggregator.pods.get('uid-db')!.selected);
    t.match(reason('db'), /^not-selected: /);
    t.match(reason('api'), /^[a-z-]+: .*none|^[a-z-]+: /);
    t.equal(tools(db), 0);
  });

  await t.test(
    'a pod that appears is watched within 2 s, one that vanishes released within 2 s',
    async (t) => {
      agent.list([...first.slice(0, 2), listed(api), listed(late)]);
      t.ok((await tookMs('late is watched', () => tools(late) === 1)) < promisedMs);
      await until('api is watched', () => tools(api) === 1 && state('api') === 'WATCHED');
      const { ino } = statSync(late.path);
      agent.list([...first.slice(0, 2), listed(api)]);
      t.ok((await tookMs('late is released', () => tools(late) === 0)) < promisedMs);
      await until('that is told', () => !aggregator.pods.has('uid-late'), 2);
      t.same(holders(agent.pid, ino), [], 'its network is not kept alive');
    },
  );

  await t.test('a network that is deleted under the agent ends its capture', async (t) => {
    agent.list([...first.slice(0, 2), listed(api), listed(late)]);
    await until('late is watched', () => tools(late) === 1);
    const pids = late.pids().filter(isTcpdump);
    late.run('ip', 'link', 'del', 'eth0');
    t.ok((await tookMs('its tcpdump is gone', () => !pids.some(isTcpdump))) < promisedMs);
    await until('that is said', () => state('late') !== 'WATCHED', 8);
    agent.list([...first.slice(0, 2), listed(api)]);
  });

  await t.test(
    'an interface that is added later is watched; more than there are rings for are left out',
    async (t) => {
      bridge.join(web, { interface: 'net1' });
      await until('net1 is watched', () => tools(web) === 2);
      await until(
        'it is told',
        () => [...aggregator.pods.get('uid-web')!.interfaces].sort().join() === 'eth0,net1',
      );
      bridge.join(api, { interface: 'net1' });
      await until('one is left out', () => state('api') === 'LEFT_OUT');
      t.match(reason('api'), /^packet-memory: all 3 packet rings/);
      t.equal(tools(web) + tools(api), 3);
      await until('the report says so', () => aggregator.report?.packetRings === 3);
      t.equal(aggregator.report!.packetRingsMax, 3);
      web.run('ip', 'link', 'del', 'net1');
      await until('room is used', () => tools(api) === 2 && state('api') === 'WATCHED', 8);
    },
  );

  await t.test('a tcpdump that dies is started again, and the blind time is told', async (t) => {
    const [pid] = web.pids().filter(isTcpdump);
    process.kill(pid!, 'SIGKILL');
    await until('that is said', () => state('web') === 'FAILED');
    t.match(reason('web'), /^tool-failed: eth0: tcpdump ended by SIGKILL.*blind for \d+ s/);
    await until('it is watched again', () => tools(web) === 1 && state('web') === 'WATCHED');
  });
});

/** Descriptors of a process that refer to a namespace. */
function holders(pid: number, inode: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`) === `net:[${inode}]`;
    } catch {
      return false;
    }
  });
}
