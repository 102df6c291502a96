import { Protocol } from '@snoopy/proto';
import { seeded } from '@snoopy/proto/flow-maker';
import t from 'tap';
import { type RowSpec, type TestPod, World } from './world.js';

const GROUP = '239.0.0.1';

/** Anything: few pods, ports and sequence numbers, so that everything meets everything. */
function anyRow(random: () => number, pods: TestPod[]): RowSpec {
  const below = (limit: number): number => Math.floor(random() * limit);
  const pod = pods[below(pods.length)]!;
  const tcp = random() < 0.7;
  const row: RowSpec = {
    pod: random() < 0.9 ? pod : { ...pod, ip: random() < 0.5 ? GROUP : pods[below(pods.length)]!.ip },
    peer: random() < 0.8 ? pods[below(pods.length)]!.ip : random() < 0.3 ? GROUP : `93.184.0.${below(3)}`,
    localPort: 1 + below(3),
    peerPort: 1 + below(3),
    protocol: tcp ? Protocol.tcp : Protocol.udp,
    initiator: below(3),
    outcome: below(5),
    closed: random() < 0.2 ? below(5) : 0,
    reason: below(8),
    opened: random() < 0.4,
    final: random() < 0.3,
    lastUs: 1_790_000_060_000_000 + below(100e6),
    durationUs: below(5e6),
    sent: [below(5), below(5_000), below(5)],
    received: [below(5), below(5_000), below(5)],
    extras: random() < 0.2 ? { 1: 5, 3: 7 } : {},
    dns: tcp || random() < 0.5 ? [] : [['x', 1, 0, 1]],
  };
  if (tcp && random() < 0.8) row.clientIsn = 0xffffff00 + below(4);
  if (tcp && random() < 0.6) row.serverIsn = below(4);
  return row;
}

t.test('whatever comes, each record is in exactly one flow', (t) => {
  for (let seed = 0; seed < 120; seed++) {
    const random = seeded(seed);
    const world = new World({ capacity: seed % 3 === 0 ? 12 : 10_000 });
    const nodes = ['a', 'b', 'c'];
    const pods = Array.from({ length: 6 }, (_, i) =>
      world.pod(
        `pod-${i}`,
        nodes[i % 3]!,
        `10.0.0.${i + 1}`,
        i === 5 ? { state: 'WATCH_STATE_NOT_SELECTED' } : {},
      ),
    );
    const agents = nodes.map((node) => world.agent(node));
    let rows = 0;
    for (let step = 0; step < 300; step++) {
      const row = anyRow(random, pods);
      rows += world.send(row).length;
      if (random() < 0.1) world.pass(Math.floor(random() * 1_500));
      if (random() < 0.02) world.pass(200_000);
      const which = Math.floor(random() * 3);
      // A new run of the agent, right away: what waits is still the old one's.
      if (random() < 0.02) agents[which] = world.agent(nodes[which]!, 2 + step);
      const agent = agents[which]!;
      if (random() < 0.05) {
        agent.connected = !agent.connected;
        agent.lostAtMs = world.nowMs;
      }
      if (random() < 0.03) agent.recordMark = (agent.recordMark + 1) & 255;
    }
    const waitingFrom = world.merge.waitingTail;
    world.merge.flush(world.nowMs);
    t.ok(world.merge.waitingHead >= waitingFrom, `seed ${seed}: nothing waits`);
    const keys = world
      .taken()
      .flatMap(({ views }) => views.map((view) => `${view.agent}/${view.epoch}/${view.sequence}`));
    t.equal(keys.length, rows, `seed ${seed}: as many as came`);
    t.equal(new Set(keys).size, rows, `seed ${seed}: none twice`);
    t.ok(world.merge.connections <= (seed % 3 === 0 ? 12 : 10_000));
  }
  t.end();
});
