import { EmitReason, Initiator, Outcome } from '@snoopy/proto';
import t from 'tap';
import { HOLD_MS } from '../../src/merge/waiting-room.js';
import { natPair, type RowSpec, START_US, type TestPod, World } from './world.js';

const SERVICE: [string, number] = ['10.96.0.10', 8_080];

function setUp(): { world: World; client: TestPod; server: TestPod } {
  const world = new World();
  const client = world.pod('web', 'a', '10.0.0.1');
  const server = world.pod('db', 'b', '10.0.0.2');
  world.agent('a');
  world.agent('b');
  return { world, client, server };
}

/** An attempt that the server answered, and whose answers did not arrive. */
function attempt(
  client: TestPod,
  server: TestPod,
  port: number,
  isn: number,
  caller?: [string, number],
): [RowSpec, RowSpec] {
  const nat = caller ? { dialled: SERVICE, caller } : { dialled: SERVICE };
  const [c, s] = natPair(client, server, port, nat, { clientIsn: isn, closed: 0 });
  const { serverIsn: _, ...unanswered } = c;
  return [
    { ...unanswered, outcome: Outcome.timeout, reason: EmitReason.closed },
    { ...s, outcome: 0, final: false, reason: EmitReason.opened },
  ];
}

const after = (row: RowSpec, seconds: number): RowSpec => ({
  ...row,
  lastUs: START_US + (60 + seconds) * 1e6,
});

t.test('an attempt without an answer joins by the client’s number, whoever tells first', (t) => {
  for (const order of [0, 1]) {
    const { world, client, server } = setUp();
    const rows = attempt(client, server, 40_000, 7);
    world.send(rows[order]!);
    world.send(rows[1 - order]!);
    t.strictSame(world.taken(), [], 'the server may say that it gave up too');
    world.pass(HOLD_MS + 20);
    t.match(world.taken(), [
      { viewCount: 2, outcome: Outcome.timeout, outcomeFinal: true, dialled: '10.96.0.10:8080' },
    ]);
  }
  t.end();
});

t.test(
  'the server’s first packet may be a SYN that was sent again, and no earlier than the client’s',
  (t) => {
    for (const [seconds, connections] of [
      [-60, 2],
      [-3, 1],
      [60, 1],
      [200, 2],
    ] as const) {
      const { world, client, server } = setUp();
      const [c, s] = attempt(client, server, 40_000, 7);
      world.send(c);
      world.send(after(s, seconds));
      t.equal(world.merge.connections, connections, `${seconds} s later`);
    }
    t.end();
  },
);

t.test('clocks that are known to differ do not matter', (t) => {
  const { world, client, server } = setUp();
  world.merge.sources.get(1).clockOffsetUs = -3_600e6;
  const [c, s] = attempt(client, server, 40_000, 7);
  world.send(c);
  world.send(after(s, -3_600));
  t.equal(world.merge.connections, 1);
  t.end();
});

t.test('of two attempts with one number the port decides, and without one nothing is joined', (t) => {
  for (const [caller, connections] of [
    [['10.0.0.1', 40_001], 2],
    [['10.0.0.254', 61_000], 3],
  ] as const satisfies [[string, number], number][]) {
    const { world, client, server } = setUp();
    const other = world.pod('other', 'a', '10.0.0.7');
    const [first] = attempt(client, server, 40_001, 7);
    const [second] = attempt(other, server, 40_002, 7);
    const [, s] = attempt(client, server, 40_001, 7, caller);
    world.send(first);
    world.send(second);
    world.send(s);
    t.equal(world.merge.connections, connections, caller.join(':'));
  }
  t.end();
});

t.test('two answers with different numbers are two connections', (t) => {
  const { world, client, server } = setUp();
  const [c, s] = natPair(client, server, 40_000, { dialled: SERVICE });
  world.send(c);
  world.send({ ...s, serverIsn: 99 });
  t.equal(world.merge.connections, 2);
  t.end();
});

t.test('UDP and records without numbers join by addresses and ports alone', (t) => {
  const { world, client, server } = setUp();
  for (const protocol of [6, 17]) {
    const common = { protocol, opened: true, reason: EmitReason.opened };
    world.send({
      ...common,
      pod: client,
      peer: SERVICE[0],
      localPort: 5_000,
      peerPort: 53,
      initiator: Initiator.local,
    });
    world.send({
      ...common,
      pod: server,
      peer: client.ip,
      localPort: 53,
      peerPort: 5_000,
      initiator: Initiator.peer,
    });
  }
  t.equal(world.merge.connections, 4);
  t.end();
});
