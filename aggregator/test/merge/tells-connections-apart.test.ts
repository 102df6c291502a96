import { EmitReason, FlowState, Initiator, Protocol } from '@snoopy/proto';
import t from 'tap';
import { tcpPair, World } from './world.js';

t.test('the same ports again are another connection, by initial sequence numbers', (t) => {
  const world = new World();
  const client = world.pod('web', 'a', '10.0.0.1');
  const server = world.pod('db', 'b', '10.0.0.2');
  world.agent('a');
  world.agent('b');
  const [c1, s1] = tcpPair(client, server, 40_000, { clientIsn: 1, serverIsn: 2 });
  const [c2, s2] = tcpPair(client, server, 40_000, { clientIsn: 3, serverIsn: 4 });
  world.send(c1, c2);
  world.send(s2, s1);
  const flows = world.taken();
  t.equal(flows.length, 2);
  t.equal(new Set(flows.map((flow) => flow.slot)).size, 2);
  for (const flow of flows) t.match(flow, { viewCount: 2, opened: true, outcomeFinal: true });
  t.strictSame(
    flows.map(({ views }) => views.map((view) => view.sequence)),
    [
      [1, 0],
      [0, 1],
    ],
  );
  t.end();
});

t.test('an attempt without an answer joins by the client’s number alone', (t) => {
  const world = new World();
  const client = world.pod('web', 'a', '10.0.0.1');
  const server = world.pod('db', 'b', '10.0.0.2');
  world.agent('a');
  world.agent('b');
  const [c, s] = tcpPair(client, server, 40_000);
  const { serverIsn: _, ...unanswered } = c;
  world.send(unanswered);
  world.send(s);
  t.match(world.taken(), [{ viewCount: 2 }]);
  t.end();
});

t.test('UDP between the same ports again, in order at each end, joins like with like', (t) => {
  const world = new World();
  const client = world.pod('web', 'a', '10.0.0.1');
  const server = world.pod('dns', 'b', '10.0.0.2');
  world.agent('a');
  world.agent('b');
  const at = (seconds: number) => ({
    lastUs: 1_790_000_060_000_000 + seconds * 1e6,
    opened: true,
    protocol: Protocol.udp,
    reason: EmitReason.opened,
  });
  const c = { pod: client, peer: server.ip, localPort: 5_000, peerPort: 53, initiator: Initiator.local };
  const s = { pod: server, peer: client.ip, localPort: 53, peerPort: 5_000, initiator: Initiator.peer };
  world.send({ ...c, ...at(0) }, { ...c, ...at(40) });
  world.send({ ...s, ...at(40) }, { ...s, ...at(0) });
  const flows = world.taken();
  t.strictSame(
    flows.map(({ views }) => views.map((view) => view.sequence)),
    [
      [1, 0],
      [0, 1],
    ],
  );
  t.end();
});

t.test('an interface in between is told and counts nothing', (t) => {
  const world = new World();
  const client = world.pod('web', 'a', '10.0.0.1');
  const server = world.pod('db', 'a', '10.0.0.2');
  const bridge = world.pod('bridge', 'a', '10.0.0.9');
  world.agent('a');
  const [c, s] = tcpPair(client, server, 40_000);
  world.send(c, s, { ...c, pod: { ...bridge, ip: client.ip } });
  t.match(world.taken(), [
    { viewCount: 2, request: { packets: 6 } },
    {
      viewCount: 1,
      opened: false,
      outcomeFinal: false,
      closed: 0,
      request: { packets: 0 },
      reply: { bytes: 0 },
      views: [{ vantage: 3, sequence: 2, sentPackets: 6 }],
    },
  ]);
  t.end();
});

t.test('the state bits that the finder looks at stand where it looks', (t) => {
  t.equal(FlowState.hasClientIsn, 1 << 13);
  t.equal(FlowState.hasServerIsn, 1 << 14);
  t.end();
});
