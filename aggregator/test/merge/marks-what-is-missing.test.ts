import { EmitReason, Initiator, Protocol } from '@snoopy/proto';
import t from 'tap';
import { HOLD_MS } from '../../src/merge/waiting-room.js';
import { START_MS, START_US, tcpPair, World } from './world.js';

const continuing = { opened: false, final: false, closed: 0, reason: EmitReason.active };

t.test('a connection that is not seen from its beginning is partial', (t) => {
  const world = new World();
  const client = world.pod('web', 'a', '10.0.0.1');
  const server = world.pod('db', 'b', '10.0.0.2');
  world.agent('a');
  world.agent('b');
  const [c, s] = tcpPair(client, server, 40_000, continuing);
  world.send(c);
  world.send(s);
  t.match(world.taken(), [{ viewCount: 2, partial: true, opened: false }]);
  t.end();
});

t.test('two views split by a restart: one told to the aggregator before, one to this one', (t) => {
  // The client's first record went to the aggregator that was killed; the server's is sent again to us.
  const world = new World({ startMs: START_MS + 60_000 });
  const client = world.pod('web', 'a', '10.0.0.1');
  const server = world.pod('db', 'b', '10.0.0.2');
  world.agent('b');
  const [c, s] = tcpPair(client, server, 40_000, { opened: true, closed: 0, reason: EmitReason.opened });
  world.send({ ...s, lastUs: START_US - 1_000_000 });
  t.match(world.taken(), [{ viewCount: 1, partial: true }], 'the client’s agent is not even back');
  world.agent('a');
  world.send({ ...c, ...continuing });
  world.pass(HOLD_MS + 50);
  world.send({ ...s, ...continuing });
  world.pass(HOLD_MS + 50);
  for (const flow of world.taken()) t.equal(flow.partial, true);
  t.end();
});

t.test('right after a start, what is from before it may have been told before', (t) => {
  const world = new World({ startMs: START_MS + 60_000 });
  const client = world.pod('web', 'a', '10.0.0.1');
  world.agent('a');
  const row = {
    pod: client,
    peer: '10.9.9.9',
    localPort: 40_000,
    peerPort: 80,
    initiator: Initiator.local,
    opened: true,
  };
  world.send({ ...row, lastUs: START_US - 1 });
  world.send({ ...row, localPort: 40_001, lastUs: START_US + 1 });
  t.strictSame(
    world.taken().map((flow) => flow.partial),
    [true, false],
  );
  world.pass(21_000);
  world.send({ ...row, localPort: 40_002, lastUs: START_US - 1 });
  t.strictSame(
    world.taken().map((flow) => flow.partial),
    [false],
    'later the pods are known',
  );
  t.end();
});

t.test('records that an agent lost leave their mark on what lived then', (t) => {
  const world = new World();
  const client = world.pod('web', 'a', '10.0.0.1');
  const source = world.agent('a');
  const row = { pod: client, peer: '93.1.1.1', localPort: 40_000, peerPort: 80, initiator: Initiator.local };
  world.send({ ...row, opened: true });
  source.recordMark++;
  world.send({ ...row, localPort: 40_001, opened: true });
  world.send(row);
  world.send({ ...row, localPort: 40_001 });
  t.strictSame(
    world.taken().map((flow) => flow.partial),
    [false, false, true, false],
  );
  t.end();
});

t.test('what is no connection and was forgotten for its silence is not partial when it speaks again', (t) => {
  const world = new World();
  const client = world.pod('web', 'a', '10.0.0.1');
  world.agent('a');
  const row = {
    pod: client,
    peer: '93.1.1.1',
    localPort: 123,
    peerPort: 123,
    initiator: Initiator.local,
    protocol: Protocol.udp,
  };
  world.send(row);
  t.match(world.taken(), [{ partial: true }], 'the agent has just come');
  world.pass(200_000);
  t.equal(world.merge.connections, 0);
  world.send(row);
  t.match(world.taken(), [{ partial: false }]);
  t.end();
});
