import { Closed, EmitReason, Protocol } from '@snoopy/proto';
import t from 'tap';
import { HOLD_MS } from '../../src/merge/waiting-room.js';

import { type RowSpec, tcpPair, World } from './world.js';

function run(
  change: (client: RowSpec, server: RowSpec, world: World) => void,
  then: (world: World) => void = () => undefined,
): [request: number, reply: number] {
  const world = new World();
  const client = world.pod('web', 'a', '10.0.0.1');
  const server = world.pod('db', 'b', '10.0.0.2');
  world.agent('a');
  world.agent('b');
  const [c, s] = tcpPair(client, server, 40_000);
  change(c, s, world);
  world.send(c);
  world.send(s);
  then(world);
  // What frames tell waits for the capture’s own losses.
  world.pass(20_000);
  const flows = world.taken();
  return [
    flows.reduce((sum, f) => sum + f.request.lostSegments, 0),
    flows.reduce((sum, f) => sum + f.reply.lostSegments, 0),
  ];
}

t.test('what the client sent and the server did not receive was lost on the way', (t) => {
  t.strictSame(
    run(() => undefined),
    [0, 0],
  );
  t.strictSame(
    run((c) => {
      c.sent = [8, 500 + 2 * 1_448, 3];
    }),
    [2, 0],
    'two segments sent again',
  );
  t.strictSame(
    run((_, s) => {
      s.sent = [8, 3_000 + 100, 4];
    }),
    [0, 1],
  );
  t.end();
});

t.test('segments that were only cut or joined on the way are not lost', (t) => {
  t.strictSame(
    run((c) => {
      c.sent = [60, 500, 50];
    }),
    [0, 0],
  );
  t.strictSame(
    run((c) => {
      c.sent = [60, 500 + 1_448, 50];
    }),
    [3, 0],
    'bounded by what the bytes can have filled',
  );
  t.end();
});

t.test('receiving more than was sent is no loss', (t) => {
  t.strictSame(
    run((c) => {
      c.sent = [5, 400, 1];
    }),
    [0, 0],
  );
  t.end();
});

t.test('nothing is said where something may not have been captured', (t) => {
  const loss: [number, number, number] = [8, 500 + 1_448, 2];
  t.strictSame(
    run((c, s) => {
      c.sent = loss;
      c.closed = Closed.reset;
      s.closed = Closed.reset;
    }),
    [0, 0],
    'data met a reset',
  );
  t.strictSame(
    run((c) => {
      c.sent = loss;
      c.opened = false;
    }),
    [0, 0],
    'older than the watch',
  );
  t.strictSame(
    run((c) => {
      c.sent = loss;
      c.reason = EmitReason.active;
      c.closed = 0;
    }),
    [0, 0],
    'still open',
  );
  t.strictSame(
    run((c, s, world) => {
      c.sent = loss;
      world.send({ ...s, closed: 0, reason: EmitReason.opened, sent: [0, 0], received: [0, 0] });
      s.opened = false;
      world.merge.sources.get(1).packetMark++;
    }),
    [0, 0],
    'the kernel dropped packets at the server’s node meanwhile',
  );
  t.strictSame(
    run(
      (c) => {
        c.sent = loss;
      },
      (world) => {
        world.merge.sources.get(1).packetMark++;
      },
    ),
    [0, 0],
    'and said so after the last record',
  );
  t.end();
});

t.test('lost datagrams are counted as they are', (t) => {
  const udp = { protocol: Protocol.udp, closed: Closed.idle, reason: EmitReason.idle };
  t.strictSame(
    run((c, s) => {
      Object.assign(c, udp, { sent: [20, 2_000, 20] });
      Object.assign(s, udp, { received: [13, 1_300, 13] });
    }),
    [7, 0],
  );
  t.end();
});

t.test('sockets count what they send again, so segments tell what was lost', (t) => {
  const sockets = (c: RowSpec, s: RowSpec): void => {
    c.fromSocket = true;
    s.fromSocket = true;
  };
  t.strictSame(run(sockets), [0, 0]);
  t.strictSame(
    run((c, s) => {
      sockets(c, s);
      c.sent = [9, 500, 4];
      s.sent = [5, 3_000, 5];
    }),
    [3, 2],
    'the payload is the same at both ends',
  );
  t.strictSame(
    run(
      (c, s) => {
        sockets(c, s);
        c.sent = [9, 500, 4];
      },
      (world) => {
        t.match(world.flows, [{ request: { lostSegments: 3 } }], 'with the last record');
        world.merge.sources.get(1).packetMark++;
      },
    ),
    [3, 0],
    'and miss nothing when a capture does',
  );
  t.strictSame(
    run((c, s) => {
      sockets(c, s);
      c.sent = [9, 500, 4];
      s.fromSocket = false;
    }),
    [0, 0],
    'frames at one end and sockets at the other cannot be compared',
  );
  t.end();
});

t.test('datagrams, which have no last word, are told as lost when nothing came for 30 s', (t) => {
  const world = new World();
  const client = world.pod('web', 'a', '10.0.0.1');
  const server = world.pod('db', 'b', '10.0.0.2');
  world.agent('a');
  const agent = world.agent('b');
  const udp = { protocol: Protocol.udp, closed: 0, reason: EmitReason.active };
  const [c, s] = tcpPair(client, server, 40_000, udp);
  const exchange = (sent: number, lost: number): void => {
    world.send({ ...c, sent: [sent, 100 * sent, sent] });
    world.send({ ...s, received: [sent - lost, 100 * (sent - lost), sent - lost] });
    world.pass(HOLD_MS);
    t.match(world.taken(), [{ request: { lostSegments: 0 } }], 'not with the records');
  };

  exchange(20, 7);
  world.pass(29_000);
  t.strictSame(world.taken(), []);
  world.pass(8_000);
  const [flow, ...more] = world.taken();
  t.match(flow, { viewCount: 0, request: { lostSegments: 7, packets: 0 }, outcomeFinal: false });
  t.match(flow, { opened: false, partial: false, sourcePod: 'web', destinationPod: 'db' });
  t.strictSame(more, []);

  exchange(10, 0);
  world.pass(36_000);
  t.strictSame(world.taken(), [], 'what was told is not told again');

  exchange(10, 3);
  world.pass(36_000);
  t.match(world.taken(), [{ request: { lostSegments: 3 } }]);

  exchange(10, 2);
  agent.connected = false;
  world.pass(20_000);
  agent.connected = true;
  agent.connectedAtMs = world.nowMs;
  world.pass(29_000);
  t.strictSame(world.taken(), [], 'one that reconnects may have more to say');
  world.pass(7_000);
  t.match(world.taken(), [{ request: { lostSegments: 2 } }]);

  exchange(10, 1);
  agent.connected = false;
  world.pass(170_000);
  t.strictSame(world.taken(), []);
  t.equal(world.merge.connections, 0, 'forgotten after 150 s');
  t.end();
});
