import { EmitReason } from '@snoopy/proto';
import t from 'tap';
import { natPair, World } from './world.js';

t.test('100,000 connections through a NAT leave no slot behind', (t) => {
  const world = new World({ capacity: 8_000 });
  const client = world.pod('web', 'a', '10.0.0.1');
  const server = world.pod('db', 'b', '10.0.0.2');
  world.agent('a');
  world.agent('b');
  const nat = { dialled: ['10.96.0.10', 8_080] as [string, number] };
  let joined = 0;
  world.take = ({ viewCount }) => {
    if (viewCount === 2) joined++;
  };
  // 200 a second: over after some 15 s, so that 3,000 are there at once, with two slots each.
  for (let from = 0; from < 100_000; from += 200) {
    const pairs = Array.from({ length: 200 }, (_, i) =>
      natPair(client, server, 1_024 + ((from + i) % 60_000), nat, {
        clientIsn: Math.imul(from + i, 0x9e3779b1) >>> 0,
        serverIsn: Math.imul(from + i, 0x85ebca6b) >>> 0,
      }),
    );
    const first = from % 400 === 0 ? 0 : 1;
    world.send(...pairs.map((pair) => pair[first]!));
    world.send(...pairs.map((pair) => pair[1 - first]!));
    world.pass(1_000);
  }
  t.equal(joined, 100_000);
  t.equal(world.merge.evicted, 0);
  world.pass(20_000);
  t.equal(world.merge.connections, 0);
  t.end();
});

t.test('when all slots are taken the connection goes with its aliases', (t) => {
  const world = new World({ capacity: 101 });
  const client = world.pod('web', 'a', '10.0.0.1');
  const server = world.pod('db', 'b', '10.0.0.2');
  world.agent('a');
  world.agent('b');
  const nat = { dialled: ['10.96.0.10', 8_080] as [string, number] };
  const still = { closed: 0, reason: EmitReason.opened };
  // First all clients, then all servers, so that aliases stand side by side.
  for (let round = 0; round < 20; round++) {
    const pairs = Array.from({ length: 60 }, (_, i) => {
      const n = round * 60 + i;
      return natPair(client, server, 2_000 + n, nat, { ...still, clientIsn: n, serverIsn: n + 50_000 });
    });
    for (const [c] of pairs) world.send(c);
    for (const [, s] of pairs) world.send(s);
    world.pass(1_000);
  }
  t.ok(world.merge.connections >= 50 && world.merge.connections <= 100, `${world.merge.connections} live`);
  const records = world.taken().reduce((sum, { viewCount }) => sum + viewCount, 0);
  t.equal(records, 2_400, 'and no record is lost');
  t.end();
});

t.test('a flood with one number does not slow it down', (t) => {
  const world = new World({ capacity: 200_000 });
  const client = world.pod('web', 'a', '10.0.0.1');
  world.agent('a');
  world.take = () => undefined;
  for (let n = 0; n < 100_000; n += 1_000) {
    world.send(
      ...Array.from({ length: 1_000 }, (_, i) => ({
        pod: client,
        peer: '93.1.1.1',
        localPort: 1 + ((n + i) % 60_000),
        peerPort: 80 + Math.floor((n + i) / 60_000),
        initiator: 1,
        opened: true,
        clientIsn: 7,
        serverIsn: n + i,
      })),
    );
  }
  t.equal(world.merge.connections, 100_000);
  t.end();
});
