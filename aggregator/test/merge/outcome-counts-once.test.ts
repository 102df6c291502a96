import { Closed, EmitReason, Initiator, Outcome } from '@snoopy/proto';
import t from 'tap';
import { HOLD_MS } from '../../src/merge/waiting-room.js';
import { type RowSpec, type TestPod, World } from './world.js';

function world(): { world: World; client: TestPod; server: TestPod } {
  const world = new World();
  const client = world.pod('web', 'a', '10.0.0.1');
  const server = world.pod('db', 'b', '10.0.0.2');
  world.agent('a');
  world.agent('b');
  return { world, client, server };
}

function ends(client: TestPod, server: TestPod): { c: RowSpec; s: RowSpec } {
  return {
    c: {
      pod: client,
      peer: server.ip,
      localPort: 40_000,
      peerPort: 80,
      initiator: Initiator.local,
      clientIsn: 7,
    },
    s: {
      pod: server,
      peer: client.ip,
      localPort: 80,
      peerPort: 40_000,
      initiator: Initiator.peer,
      clientIsn: 7,
    },
  };
}

const final = (outcome: number) => ({ outcome, final: true, reason: EmitReason.changed });

t.test('the client’s word wins over the server’s, whichever comes first', (t) => {
  for (const clientFirst of [true, false]) {
    const { world: w, client, server } = world();
    const { c, s } = ends(client, server);
    w.send({ ...c, opened: true });
    w.send({ ...s, opened: true });
    t.match(w.taken(), [{ opened: true, outcomeFinal: false, outcome: 0, viewCount: 2 }]);
    // Its SYN-ACK was lost: the server sees a half-open connection end, the client gives up.
    if (clientFirst) w.send({ ...c, ...final(Outcome.timeout) });
    w.pass(HOLD_MS + 50);
    w.send({ ...s, ...final(Outcome.established), closed: Closed.idle, reason: EmitReason.idle });
    w.pass(HOLD_MS + 50);
    if (!clientFirst) w.send({ ...c, ...final(Outcome.timeout) });
    w.pass(HOLD_MS + 50);
    const told = w.taken().filter((flow) => flow.outcomeFinal);
    t.match(told, [{ outcome: Outcome.timeout }]);
    t.equal(told.length, 1);
  }
  t.end();
});

t.test('both ends in one flow count one outcome, one opening, one end', (t) => {
  const { world: w, client, server } = world();
  const { c, s } = ends(client, server);
  w.send({ ...c, opened: true, ...final(Outcome.established) });
  w.send({ ...s, opened: true, ...final(Outcome.established) });
  w.send({ ...c, outcome: Outcome.established, closed: Closed.reset, reason: EmitReason.closed });
  w.send({ ...s, outcome: Outcome.established, closed: Closed.aborted, reason: EmitReason.closed });
  const flows = w.taken();
  t.equal(flows.filter((flow) => flow.opened).length, 1);
  t.equal(flows.filter((flow) => flow.outcomeFinal).length, 1);
  t.strictSame(
    flows.map((flow) => flow.closed).filter((closed) => closed !== 0),
    [Closed.reset],
  );
  t.match(flows[1], { outcome: Outcome.established, outcomeFinal: false });
  t.end();
});

t.test('the server’s word counts when the client is not watched', (t) => {
  const { world: w, server } = world();
  w.send({
    pod: server,
    peer: '93.184.1.1',
    localPort: 80,
    peerPort: 40_000,
    initiator: Initiator.peer,
    opened: true,
    ...final(Outcome.refused),
  });
  t.match(w.taken(), [{ outcome: Outcome.refused, outcomeFinal: true, opened: true, source: '93.184.1.1' }]);
  t.end();
});

t.test('the server’s word counts when the client ends without one', (t) => {
  const { world: w, client, server } = world();
  const { c, s } = ends(client, server);
  w.send({ ...c, opened: true });
  w.send({ ...s, opened: true, ...final(Outcome.established) });
  t.match(w.taken(), [{ opened: true, outcomeFinal: false }], 'the client has not decided');
  w.send({ ...c, reason: EmitReason.shutdown });
  w.pass(2 * HOLD_MS + 50);
  t.match(w.taken(), [{ outcome: Outcome.established, outcomeFinal: true }]);
  t.end();
});

t.test(
  'an outcome that only the server knew is told at last, when the client’s agent never comes back',
  (t) => {
    const { world: w, client, server } = world();
    const { c, s } = ends(client, server);
    const agent = w.merge.sources.get(0);
    w.send({ ...c, opened: true });
    w.send({
      ...s,
      opened: true,
      ...final(Outcome.established),
      closed: Closed.fin,
      reason: EmitReason.closed,
    });
    agent.connected = false;
    agent.lostAtMs = w.nowMs;
    w.merge.sources.get(1).connected = false;
    t.equal(w.taken().filter((flow) => flow.outcomeFinal).length, 0);
    w.pass(HOLD_MS);
    t.match(w.taken(), [{ opened: true, outcomeFinal: false, viewCount: 2 }]);
    w.pass(700_000);
    t.match(w.taken(), [
      {
        outcome: Outcome.established,
        outcomeFinal: true,
        viewCount: 0,
        partial: true,
        request: { packets: 0 },
      },
    ]);
    t.equal(w.merge.connections, 0);
    t.end();
  },
);

t.test('a handshake is told once, as the client saw it if it did', (t) => {
  const { world: w, client, server } = world();
  const { c, s } = ends(client, server);
  w.send({ ...s, opened: true, ...final(Outcome.established), extras: { 1: 400 } });
  w.pass(HOLD_MS + 50);
  w.send({ ...c, opened: true, ...final(Outcome.established), extras: { 1: 900 } });
  w.pass(HOLD_MS + 50);
  t.strictSame(
    w.taken().map((flow) => flow.handshakeUs),
    [400, 0],
  );
  t.end();
});
