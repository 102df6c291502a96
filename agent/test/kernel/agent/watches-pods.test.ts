import { readdirSync } from 'node:fs';
import { FlowState, Outcome, Protocol } from '@snoopy/proto';
import { Net } from '@snoopy/scripts/rig/netns';
import t from 'tap';
import { AgentProcess, listed, tcpdumpsIn } from '../../fakes/agent-process.js';
import { FakeAggregator, until } from '../../fakes/aggregator.js';
import { heldBy, stillThere } from '../bpftool.js';
import { whyNot } from '../kernel-rig.js';

const skip = whyNot();

const isOpen = (row: { protocol: number; state: number }): boolean =>
  row.protocol === Protocol.tcp &&
  (row.state & FlowState.outcomeFinal) !== 0 &&
  ((row.state >>> FlowState.outcomeShift) & FlowState.outcomeMask) === Outcome.established;

t.test('an agent that counts in the kernel', { skip }, async (t) => {
  const net = new Net();
  const bridge = net.bridge();
  const web = bridge.join(net.namespace('web'));
  const client = bridge.join(net.namespace('client'));
  const aggregator = new FakeAggregator();
  await aggregator.start();
  const agent = new AgentProcess();
  t.teardown(async () => {
    await agent.stop();
    aggregator.stop();
    net.close();
  });
  const watched = (name: string): boolean => {
    const pod = aggregator.pods.get(`uid-${name}`);
    return pod?.state === 'WATCH_STATE_WATCHED' && pod.interfaces.join() === 'eth0';
  };
  agent.list([listed(web), listed(client)]);
  agent.start(aggregator.address, '--flows', 'kernel');
  await until('both are watched', () => watched('web') && watched('client'));

  await t.test('a connection arrives within a second, from both ends; no tool runs', async (t) => {
    web.spawn('busybox', ['nc', '-l', '-p', '80']);
    await new Promise((resolve) => setTimeout(resolve, 500));
    t.same([...tcpdumpsIn(web), ...tcpdumpsIn(client)], []);
    const before = performance.now();
    client.spawn('busybox', ['nc', bridge.v4(web), '80']);
    await until('both ends', () => new Set(aggregator.rows.filter(isOpen).map((row) => row.pod)).size === 2);
    for (const row of aggregator.rows.filter(isOpen))
      t.ok(row.atMs - before < 1_000, `${row.pod} after ${row.atMs - before} ms`);
    t.equal(agent.logged('"flows":"kernel"'), 1, 'it says how it counts');
  });

  await t.test('pods come and go; descriptors, programs and links do not pile up', async (t) => {
    const descriptors = (): number => readdirSync(`/proc/${agent.pid}/fd`).length;
    const [before, held] = [descriptors(), heldBy(agent.pid).length];
    t.ok(held > 10, `${held} programs, maps and links`);
    for (let round = 0; round < 3; round++) {
      const pods = Array.from({ length: 4 }, (_, i) => bridge.join(net.namespace(`pod${round}${i}`)));
      agent.list([web, client, ...pods].map((pod) => listed(pod)));
      await until('they are watched', () => pods.every(({ label }) => watched(label)));
      if (round === 1) for (const pod of pods) pod.delete(); // without a word
      agent.list([listed(web), listed(client)]);
      await until('they are gone', () => pods.every(({ label }) => !aggregator.pods.has(`uid-${label}`)));
      if (round === 0)
        t.equal(pods.flatMap((pod) => pod.pids()).length, 0, 'nothing of the agent is in them');
    }
    await until('all is given back', () => descriptors() <= before + 1 && heldBy(agent.pid).length <= held);
  });

  await t.test('a pod whose interface goes away and comes back is watched again', async (t) => {
    client.run('ip', 'link', 'del', 'eth0');
    await until(
      'it is not watched',
      () => aggregator.pods.get('uid-client')?.state !== 'WATCH_STATE_WATCHED',
      8,
    );
    bridge.join(client, { host: 77 });
    await until('it is', () => watched('client'), 20);
    t.pass();
  });

  await t.test('it ends properly: everything is accounted for, nothing is left', async (t) => {
    const held = heldBy(agent.pid);
    t.equal(await agent.stop(), 0, agent.stderr);
    const { rowsSeen, rowsDelivered, rowsQueued, rowsLost } = aggregator.report!;
    t.equal(rowsSeen, rowsDelivered + rowsQueued + rowsLost);
    t.equal(rowsSeen, aggregator.rows.length);
    await until('the kernel has none of it', () => stillThere(held).length === 0);
  });
});
