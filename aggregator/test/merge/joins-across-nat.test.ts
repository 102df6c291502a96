import { EmitReason, FlowExtra, Outcome } from '@snoopy/proto';
import t from 'tap';
import { HOLD_MS } from '../../src/merge/waiting-room.js';
import { type Nat, natPair, type Seen, type TestPod, tcpPair, World } from './world.js';

const SERVICE: [string, number] = ['10.96.0.10', 8_080];
const NODE: [string, number] = ['10.0.0.254', 61_000];

function setUp(): { world: World; client: TestPod; server: TestPod } {
  const world = new World();
  const client = world.pod('web', 'a', '10.0.0.1');
  const server = world.pod('db', 'b', '10.0.0.2');
  world.agent('a');
  world.agent('b');
  return { world, client, server };
}

/** A connection's records, one end's before the other's. */
function run(nat: Nat, order: readonly [number, number]): Seen[] {
  const { world, client, server } = setUp();
  const rows = natPair(client, server, 40_000, nat);
  rows[0].extras = { [FlowExtra.handshakeUs]: 700 };
  world.send(rows[order[0]!]!);
  world.pass(100);
  t.strictSame(world.taken(), [], 'it waits for the other end');
  world.send(rows[order[1]!]!);
  world.pass(1_000);
  t.equal(world.merge.connections, 1);
  return world.taken();
}

for (const [name, nat, translation] of [
  ['a Service', { dialled: SERVICE }, 1],
  ['a masquerade', { caller: NODE }, 2],
  ['both', { dialled: SERVICE, caller: NODE }, 3],
  ['a port alone', { dialled: ['10.0.0.2', 8_080] }, 1],
] as const satisfies [string, Nat, number][]) {
  t.test(`${name} between the ends: one flow, each end as it sees itself, whoever tells first`, (t) => {
    for (const order of [
      [0, 1],
      [1, 0],
    ] as const) {
      const [flow, ...more] = run(nat, order);
      t.equal(more.length, 0);
      t.match(flow, {
        source: '10.0.0.1',
        sourcePort: 40_000,
        sourcePod: 'web',
        destination: '10.0.0.2',
        destinationPort: 80,
        destinationPod: 'db',
        translation,
        dialled: 'dialled' in nat ? nat.dialled.join(':') : '',
        caller: 'caller' in nat ? nat.caller.join(':') : '',
        opened: true,
        outcome: Outcome.established,
        outcomeFinal: true,
        closed: 1,
        partial: false,
        handshakeUs: 700,
        viewCount: 2,
        request: { packets: 6, lostSegments: 0 },
        reply: { packets: 5, lostSegments: 0 },
        views: [
          { agent: 'a', vantage: 1 },
          { agent: 'b', vantage: 2 },
        ],
      });
    }
    t.end();
  });
}

t.test('later records of both ends find the connection, and it counts one end', (t) => {
  const { world, client, server } = setUp();
  const nat = { dialled: SERVICE, caller: NODE };
  const [c, s] = natPair(client, server, 40_000, nat, { closed: 0, reason: EmitReason.opened });
  world.send(c);
  world.send(s);
  const next = { opened: false, final: false, reason: EmitReason.active };
  for (let n = 0; n < 3; n++) {
    world.send({ ...s, ...next });
    world.send({ ...c, ...next });
  }
  const flows = world.taken();
  t.equal(flows.length, 4);
  t.equal(new Set(flows.map(({ slot }) => slot)).size, 1);
  for (const flow of flows) t.match(flow, { viewCount: 2, translation: 3, request: { packets: 6 } });
  t.equal(flows.filter(({ opened }) => opened).length, 1);
  t.equal(flows.filter(({ outcomeFinal }) => outcomeFinal).length, 1);
  t.end();
});

t.test('a view that comes late joins, and counts nothing again', (t) => {
  const { world, client, server } = setUp();
  const still = { closed: 0, reason: EmitReason.opened };
  const [c, s] = natPair(client, server, 40_000, { dialled: SERVICE }, still);
  world.send(c);
  world.pass(1_000);
  t.match(world.taken(), [
    { destination: '10.96.0.10', destinationPod: '', partial: false, opened: true, translation: 0 },
  ]);
  world.pass(3_600_000);
  const next = { opened: false, final: false, reason: EmitReason.active };
  world.send({ ...s, opened: false, final: false });
  world.pass(2 * HOLD_MS + 50);
  t.match(world.taken(), [
    { destination: '10.0.0.2', destinationPod: 'db', renamed: true, opened: false, outcomeFinal: false },
  ]);
  world.send({ ...c, ...next });
  world.send({ ...s, ...next });
  t.match(world.taken(), [{ viewCount: 2, dialled: '10.96.0.10:8080', request: { packets: 6 } }]);
  t.equal(world.merge.connections, 1);
  t.end();
});

t.test('connections older than both agents join as well, and are not counted as new', (t) => {
  const { world, client, server } = setUp();
  const old = { opened: false, final: false, closed: 0, reason: EmitReason.active };
  const [c, s] = natPair(client, server, 40_000, { dialled: SERVICE, caller: NODE }, old);
  world.send(s);
  world.send(c);
  t.match(world.taken(), [{ viewCount: 2, opened: false, outcomeFinal: false, translation: 3 }]);
  t.end();
});

t.test('what ends TCP makes two connections: a proxy has numbers of its own', (t) => {
  const { world, client, server } = setUp();
  const proxy = world.pod('proxy', 'b', '10.0.0.3');
  world.send(...tcpPair(client, proxy, 40_000, { clientIsn: 1, serverIsn: 2 }));
  world.send(...tcpPair(proxy, server, 40_000, { clientIsn: 3, serverIsn: 2 }));
  world.pass(1_000);
  t.equal(world.merge.connections, 2);
  for (const flow of world.taken()) t.match(flow, { translation: 0, dialled: '', caller: '' });
  t.end();
});

t.test('equal numbers do not join two clients, nor two servers', (t) => {
  const { world, client, server } = setUp();
  const other = world.pod('other', 'a', '10.0.0.7');
  const [c] = natPair(client, server, 40_000, { dialled: SERVICE });
  const [o] = natPair(other, server, 40_000, { dialled: SERVICE });
  world.send(c);
  world.send(o);
  world.pass(1_000);
  t.equal(world.merge.connections, 2);
  t.strictSame(
    world.taken().map(({ sourcePod }) => sourcePod),
    ['web', 'other'],
  );
  t.end();
});

t.test('the same client through the same Service again is another connection', (t) => {
  const { world, client, server } = setUp();
  const nat = { dialled: SERVICE, caller: NODE };
  for (const isn of [1, 2]) {
    const pair = natPair(client, server, 40_000, nat, { clientIsn: isn, serverIsn: 10 + isn });
    world.send(pair[isn - 1]!);
    world.send(pair[2 - isn]!);
  }
  const flows = world.taken();
  t.equal(flows.length, 2);
  t.equal(new Set(flows.map(({ slot }) => slot)).size, 2);
  for (const flow of flows) t.match(flow, { viewCount: 2, opened: true, translation: 3 });
  t.end();
});
