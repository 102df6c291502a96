import { EmitReason, FlowExtra, Initiator, Outcome, Protocol } from '@snoopy/proto';
import t from 'tap';
import { HOLD_MS } from '../../src/merge/waiting-room.js';
import { tcpPair, World } from './world.js';

t.test('both ends become one flow, whichever comes first', (t) => {
  for (const order of [
    [0, 1],
    [1, 0],
  ]) {
    const world = new World();
    const client = world.pod('web', 'a', '10.0.0.1');
    const server = world.pod('db', 'b', '10.0.0.2');
    world.agent('a');
    world.agent('b');
    const rows = tcpPair(client, server, 40_000);
    rows[0].extras = { [FlowExtra.handshakeUs]: 700, [FlowExtra.rttUs]: 50 };
    rows[1].extras = { [FlowExtra.handshakeUs]: 400 };
    world.send(rows[order[0]!]!);
    t.strictSame(world.taken(), [], 'it waits for the other end');
    world.pass(200);
    world.send(rows[order[1]!]!);
    const [flow, ...more] = world.taken();
    t.equal(more.length, 0);
    t.match(flow, {
      source: '10.0.0.1',
      destination: '10.0.0.2',
      sourcePort: 40_000,
      destinationPort: 80,
      sourcePod: 'web',
      destinationPod: 'db',
      protocol: Protocol.tcp,
      initiatorKnown: true,
      opened: true,
      outcome: Outcome.established,
      outcomeFinal: true,
      closed: 1,
      partial: false,
      handshakeUs: 700,
      rttUs: 50,
      renamed: true,
      viewCount: 2,
      request: { packets: 6, payload: 500, bytes: 500 + 6 * 66, segments: 1, lostSegments: 0 },
      reply: { packets: 5, payload: 3_000, segments: 3, lostSegments: 0 },
    });
    t.match(flow!.views, [
      { agent: 'a', vantage: 1, sequence: 0, sentPackets: 6 },
      { agent: 'b', vantage: 2, sequence: 0, sentPackets: 5 },
    ]);
    world.pass(1_000);
    t.strictSame(world.taken(), [], 'nothing more comes');
  }
  t.end();
});

t.test('both ends on one node come in one batch', (t) => {
  const world = new World();
  const client = world.pod('web', 'a', 'fd00::1');
  const server = world.pod('db', 'a', 'fd00::2');
  world.agent('a');
  world.send(...tcpPair(client, server, 40_000));
  t.match(world.taken(), [
    { source: 'fd00::1', destination: 'fd00::2', viewCount: 2, views: [{ sequence: 0 }, { sequence: 1 }] },
  ]);
  t.end();
});

t.test('a record does not wait for an end that nobody watches', (t) => {
  const world = new World();
  const client = world.pod('web', 'a', '10.0.0.1');
  world.pod('unwatched', 'b', '10.0.0.2', { state: 'WATCH_STATE_NOT_SELECTED' });
  const elsewhere = world.pod('gone', 'c', '10.0.0.3');
  world.agent('a');
  world.agent('b');
  for (const peer of ['10.0.0.2', elsewhere.ip, '93.184.1.1']) {
    world.send({
      pod: client,
      peer,
      localPort: 40_000,
      peerPort: 443,
      initiator: Initiator.local,
      opened: true,
    });
    t.match(world.taken(), [{ destination: peer, viewCount: 1, partial: false }], peer);
  }
  t.end();
});

t.test('what waits leaves after 700 ms, marked, and the other end counts nothing when it comes late', (t) => {
  const world = new World();
  const client = world.pod('web', 'a', '10.0.0.1');
  const server = world.pod('db', 'b', '10.0.0.2');
  world.agent('a');
  world.agent('b');
  const [first, second] = tcpPair(client, server, 40_000);
  world.send(first);
  world.pass(690);
  t.equal(world.taken().length, 0);
  world.pass(30);
  t.match(world.taken(), [
    { viewCount: 1, partial: true, request: { packets: 6 }, opened: true, outcomeFinal: true },
  ]);
  world.send(second);
  world.pass(710);
  t.match(world.taken(), [
    {
      viewCount: 1,
      partial: false,
      opened: false,
      outcomeFinal: false,
      closed: 0,
      request: { packets: 0, bytes: 0 },
      reply: { packets: 0 },
      views: [{ agent: 'b', vantage: 2, sentPackets: 5 }],
    },
  ]);
  t.end();
});

t.test('the lower address is the source where nobody knows who began', (t) => {
  const world = new World();
  const one = world.pod('one', 'a', '10.0.0.200');
  const two = world.pod('two', 'a', '10.0.0.3');
  world.agent('a');
  world.send({
    pod: one,
    peer: two.ip,
    localPort: 9,
    peerPort: 8,
    protocol: Protocol.udp,
    sent: [2, 10],
    received: [1, 5],
  });
  world.pass(HOLD_MS + 50);
  t.match(world.taken(), [
    {
      source: '10.0.0.3',
      destination: '10.0.0.200',
      initiatorKnown: false,
      request: { packets: 1 },
      reply: { packets: 2 },
    },
  ]);
  t.end();
});

t.test('a record that waits while its agent starts again keeps the name of its run', (t) => {
  const world = new World();
  const client = world.pod('web', 'a', '10.0.0.1');
  const server = world.pod('db', 'b', '10.0.0.2');
  world.agent('a', 1);
  world.agent('b');
  const [c, s] = tcpPair(client, server, 40_000, { closed: 0, reason: EmitReason.opened });
  world.send(c);
  world.agent('a', 2);
  world.send({ ...c, opened: false, final: false });
  world.send(s);
  world.pass(HOLD_MS);
  t.strictSame(
    world.taken().map(({ views }) => views.map(({ agent, epoch, sequence }) => [agent, epoch, sequence])),
    [
      [
        ['a', 1, 0],
        ['a', 2, 0],
        ['b', 1, 0],
      ],
    ],
  );
  t.end();
});
