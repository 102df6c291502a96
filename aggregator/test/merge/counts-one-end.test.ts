import { EmitReason } from '@snoopy/proto';
import t from 'tap';
import { tcpPair, World } from './world.js';

t.test('when the agent of the end that counts is gone, the other end counts on', (t) => {
  const world = new World();
  const client = world.pod('web', 'a', '10.0.0.1');
  const server = world.pod('db', 'b', '10.0.0.2');
  const agent = world.agent('a');
  world.agent('b');
  const [c, s] = tcpPair(client, server, 40_000, { closed: 0, reason: EmitReason.opened });
  world.send(c);
  world.send(s);
  world.taken();
  agent.connected = false;
  agent.lostAtMs = world.nowMs;
  const next = { ...s, opened: false, final: false, reason: EmitReason.active };
  world.send(next);
  t.match(
    world.taken(),
    [{ request: { packets: 0 }, views: [{ agent: 'b' }] }],
    'it may come back with its records',
  );
  world.pass(11_000);
  world.send(next);
  t.match(world.taken(), [{ request: { packets: 6, payload: 500 }, reply: { packets: 5 }, partial: true }]);
  world.send(next);
  t.match(world.taken(), [{ request: { packets: 6 } }]);
  t.end();
});

t.test('pods that change their names are told again', (t) => {
  const world = new World();
  const client = world.pod('web', 'a', '10.0.0.1');
  world.agent('a');
  const row = { pod: client, peer: '10.0.0.7', localPort: 1, peerPort: 80, initiator: 1 };
  world.send(row);
  world.send(row);
  world.pod('late', 'c', '10.0.0.7', { state: 'WATCH_STATE_NOT_SELECTED' });
  world.send(row);
  world.send(row);
  t.strictSame(
    world.taken().map((flow) => [flow.renamed, flow.destinationPod]),
    [
      [true, ''],
      [false, ''],
      [true, 'late'],
      [false, 'late'],
    ],
  );
  t.end();
});
