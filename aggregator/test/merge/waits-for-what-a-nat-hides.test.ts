import t from 'tap';
import { natPair, type TestPod, World } from './world.js';

function setUp(): { world: World; client: TestPod; server: TestPod } {
  const world = new World();
  const client = world.pod('web', 'a', '10.0.0.1');
  const server = world.pod('db', 'b', '10.0.0.2');
  world.agent('a');
  world.agent('b');
  return { world, client, server };
}

/** One end's record of a new connection alone. @returns whether it waited */
function waits(world: World, client: TestPod, server: TestPod, n: number, ip: string, end: 0 | 1): boolean {
  const nat =
    end === 0 ? { dialled: [ip, 8_080] as [string, number] } : { caller: [ip, n] as [string, number] };
  const pair = natPair(client, server, 40_000 + n, nat, { clientIsn: n, serverIsn: n });
  world.send(pair[end]);
  const waited = world.taken().length === 0;
  world.pass(1_000);
  t.equal(waited ? world.taken().length : 0, waited ? 1 : 0);
  return waited;
}

for (const end of [0, 1] as const) {
  t.test(`a private address of nobody may stand for others, until it was found not to: ${end}`, (t) => {
    const { world, client, server } = setUp();
    t.ok(waits(world, client, server, 1, '10.96.0.10', end));
    t.notOk(waits(world, client, server, 2, '10.96.0.10', end), 'it was alone');
    t.ok(waits(world, client, server, 3, '10.96.0.11', end), 'another may not be');
    world.pass(60_000);
    t.ok(waits(world, client, server, 4, '10.96.0.10', end), 'for a minute');
    t.notOk(waits(world, client, server, 5, '93.184.1.1', end), 'a public one is not waited for');
    t.end();
  });
}

t.test('where ends have met across an address the next ones are waited for', (t) => {
  const { world, client, server } = setUp();
  const pair = natPair(client, server, 1_000, { dialled: ['93.184.1.1', 8_080], caller: ['93.184.1.2', 99] });
  world.send(pair[0]);
  world.send(pair[1]);
  world.taken();
  t.ok(waits(world, client, server, 1, '93.184.1.1', 0));
  t.ok(waits(world, client, server, 2, '93.184.1.1', 0), 'one that came alone changes nothing');
  t.ok(waits(world, client, server, 3, '93.184.1.2', 1), 'at any port of a masquerade');
  world.pass(601_000);
  t.notOk(waits(world, client, server, 4, '93.184.1.1', 0), 'for ten minutes');
  t.end();
});

t.test('only the first record of a connection waits for what may never come', (t) => {
  const { world, client, server } = setUp();
  const [c] = natPair(client, server, 40_000, { dialled: ['10.96.0.10', 8_080] }, { closed: 0, reason: 2 });
  world.send(c);
  world.pass(1_000);
  t.equal(world.taken().length, 1);
  world.pass(61_000);
  world.send(c);
  t.equal(world.taken().length, 1);
  t.end();
});

t.test('the end’s next record waits with it, so that both leave with the names of the ends', (t) => {
  const { world, client, server } = setUp();
  const [c, s] = natPair(client, server, 40_000, { dialled: ['10.96.0.10', 8_080] });
  const closing = { opened: false, final: false };
  world.send(
    { ...c, closed: 0, reason: 1, extras: { 1: 700 } },
    { ...c, ...closing, sent: [2, 0], received: [1, 0], extras: { 3: 1 } },
  );
  t.strictSame(world.taken(), []);
  world.send(s);
  t.match(world.taken(), [
    {
      viewCount: 3,
      destinationPod: 'db',
      opened: true,
      handshakeUs: 700,
      translation: 1,
      request: { packets: 8, retransmits: 1 },
      views: [{ sequence: 0 }, { agent: 'a', sequence: 1 }, { agent: 'b' }],
    },
  ]);
  t.end();
});

t.test('however many there are, their time ends with the first one’s', (t) => {
  const { world, client, server } = setUp();
  const [c] = natPair(client, server, 40_000, { dialled: ['10.96.0.10', 8_080] }, { closed: 0, reason: 2 });
  for (let n = 0; n < 3; n++) {
    world.send(c);
    world.pass(200);
  }
  t.strictSame(world.taken(), []);
  world.pass(150);
  t.match(world.taken(), [{ views: [{ sequence: 0 }, { sequence: 1 }, { sequence: 2 }] }]);
  t.end();
});
