/* About 65 s. */
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Namespace, Net } from '@snoopy/scripts/rig/netns';
import t from 'tap';
import { AgentProcess, listed } from '../../fakes/agent-process.js';
import { FakeAggregator, until } from '../../fakes/aggregator.js';
import { heldBy, stillThere } from '../bpftool.js';
import { whyNot } from '../kernel-rig.js';

const skip = whyNot();
const SECONDS = 60;
/** Between two pods, milliseconds: ten a second, where the machine makes them so fast. */
const EVERY_MS = 100;
/** Pods at a time, so that each lives about two seconds. */
const LIVING = 20;

t.test(
  `pods created and deleted ten times a second for ${SECONDS} s: no link, map or descriptor stays`,
  { skip, timeout: 240_000 },
  async (t) => {
    const net = new Net();
    const aggregator = new FakeAggregator();
    await aggregator.start();
    const agent = new AgentProcess();
    t.teardown(async () => {
      await agent.stop();
      aggregator.stop();
      net.close();
    });
    const descriptors = (): number => readdirSync(`/proc/${agent.pid}/fd`).length;
    const watched = ({ label }: Namespace): boolean =>
      aggregator.pods.get(`uid-${label}`)?.interfaces.join() === 'eth0';
    const keeper = podOf(net, 'keeper');
    agent.list([listed(keeper)]);
    agent.start(aggregator.address, '--flows', 'kernel');
    await until('the one that stays is watched', () => watched(keeper));
    const held = heldBy(agent.pid);
    const before = descriptors();

    const living: Namespace[] = [];
    let made = 0;
    let seen = 0;
    const end = performance.now() + SECONDS * 1_000;
    for (let next = performance.now(); performance.now() < end; next += EVERY_MS) {
      living.push(podOf(net, `pod${made++}`));
      const leaving = living.length > LIVING ? living.shift() : undefined;
      if (leaving && watched(leaving)) seen++;
      if (made % 2 === 0) leaving?.delete(); // without a word
      agent.list([keeper, ...living].map((pod) => listed(pod)));
      if (made % 2 !== 0) leaving?.delete();
      await sleep(Math.max(1, next + EVERY_MS - performance.now()));
    }
    t.ok(made > SECONDS * 3, `${made} pods`);
    t.ok(seen > 0.9 * (made - LIVING), `${seen} of ${made - LIVING} were watched when they went`);
    for (const pod of living) pod.delete();
    agent.list([listed(keeper)]);
    await until('only the one is left', () => aggregator.pods.size === 1 && watched(keeper));
    // The thread that attaches, and what it holds, end some seconds after their last work.
    await until(`all descriptors but ${before} are given back`, () => descriptors() <= before, 40);
    await until('no program, map or link is left over', () => heldBy(agent.pid).length <= held.length);
    const all = heldBy(agent.pid);
    t.equal(await agent.stop(), 0, agent.stderr);
    await until('the kernel has none of it', () => stillThere(all).length === 0);
  },
);

/** A namespace with an interface, in as few steps as it can be made. */
function podOf(net: Net, label: string): Namespace {
  const pod = net.namespace(label);
  pod.run('ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'other');
  pod.run('ip', 'link', 'set', 'eth0', 'up');
  return pod;
}
