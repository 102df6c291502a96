import { EmitReason } from '@snoopy/proto';
import t from 'tap';
import { natPair, type RowSpec, type Seen, World } from './world.js';

/** A connection through a Service and a masquerade, with a gateway pod between the two: a third look of its own. */
function rows(world: World): RowSpec[] {
  const client = world.pod('web', 'a', '10.0.0.1');
  const server = world.pod('db', 'b', '10.0.0.2');
  const gateway = world.pod('gateway', 'c', '10.0.0.3');
  for (const node of ['a', 'b', 'c']) world.agent(node);
  const nat = {
    dialled: ['10.96.0.10', 8_080] as [string, number],
    caller: ['10.0.0.254', 61_000] as [string, number],
  };
  const [c, s] = natPair(client, server, 40_000, nat);
  // The gateway forwards: the addresses in what it sees are not its own.
  const hop = { ...c, pod: { ...gateway, ip: client.ip }, peer: '10.0.0.2', peerPort: 80 };
  return [c, hop, s];
}

function sums(flows: Seen[]): { opened: number; final: number; packets: number } {
  return {
    opened: flows.filter(({ opened }) => opened).length,
    final: flows.filter(({ outcomeFinal }) => outcomeFinal).length,
    packets: flows.reduce((sum, { request }) => sum + request.packets, 0),
  };
}

t.test('between the ends of a connection is a hop, whatever the order', (t) => {
  for (const order of [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ]) {
    const world = new World();
    const all = rows(world);
    for (const i of order) world.send(all[i]!);
    world.pass(1_000);
    const flows = world.taken();
    t.equal(world.merge.connections, 1, `${order}`);
    t.match(sums(flows), { opened: 1, final: 1, packets: 6 }, `${order}: counted once`);
    const ends = flows.flatMap(({ views }) => views.map(({ agent, vantage }) => `${agent}${vantage}`));
    t.strictSame(ends.sort(), ['a1', 'b2', 'c3'], `${order}`);
    for (const i of order) world.send({ ...all[i]!, opened: false, final: false, reason: EmitReason.active });
    world.pass(1_000);
    const hop = world.taken().find(({ views }) => views[0]!.vantage === 3);
    t.match(hop, {
      source: '10.0.0.1',
      destination: '10.0.0.2',
      destinationPort: 80,
      sourcePod: 'web',
      destinationPod: 'db',
      translation: 3,
      dialled: '',
      caller: '',
    });
  }
  t.end();
});

t.test('a connection keeps so many looks and no more', (t) => {
  const world = new World({ capacity: 10 });
  const all = rows(world);
  for (const i of [0, 2]) world.send(all[i]!);
  for (let n = 0; n < 100; n++) world.send({ ...all[1]!, peerPort: 1_000 + n });
  t.equal(world.merge.connections, 1);
  t.equal(world.merge.evicted, 0);
  t.equal(world.taken().length, 101);
  t.end();
});
