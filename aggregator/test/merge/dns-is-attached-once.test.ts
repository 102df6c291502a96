import { EmitReason, Initiator, Protocol } from '@snoopy/proto';
import t from 'tap';
import { HOLD_MS } from '../../src/merge/waiting-room.js';
import { type RowSpec, World } from './world.js';

t.test('a question that both ends saw is told once, the client’s timing first', (t) => {
  const world = new World();
  const client = world.pod('web', 'a', '10.0.0.1');
  const server = world.pod('dns', 'b', '10.0.0.2');
  world.agent('a');
  world.agent('b');
  const udp = { protocol: Protocol.udp, opened: true, reason: EmitReason.opened };
  const c: RowSpec = {
    ...udp,
    pod: client,
    peer: server.ip,
    localPort: 5_000,
    peerPort: 53,
    initiator: Initiator.local,
    dns: [['db.shop', 1, 3, 900]],
  };
  const s: RowSpec = {
    ...udp,
    pod: server,
    peer: client.ip,
    localPort: 53,
    peerPort: 5_000,
    initiator: Initiator.peer,
    dns: [['db.shop', 1, 3, 100]],
  };
  for (const [first, second] of [
    [c, s],
    [s, c],
  ] as const) {
    world.send({ ...first });
    world.send({ ...second });
    t.strictSame(
      world.taken().map((flow) => flow.dns),
      [[{ name: 'db.shop', type: 1, rcode: 3, latencyUs: 900 }]],
    );
    c.localPort++;
    s.peerPort++;
  }
  world.send(s);
  world.pass(HOLD_MS + 50);
  world.send(c);
  world.pass(HOLD_MS + 50);
  t.strictSame(
    world.taken().map((flow) => flow.dns.map((dns) => dns.latencyUs)),
    [[100], []],
    'the server’s when the client’s comes too late',
  );
  t.end();
});

t.test('transactions go with their own row', (t) => {
  const world = new World();
  const client = world.pod('web', 'a', '10.0.0.1');
  world.agent('a');
  const row = {
    pod: client,
    peer: '9.9.9.9',
    localPort: 5_000,
    peerPort: 53,
    protocol: Protocol.udp,
    initiator: Initiator.local,
  };
  world.send(
    {
      ...row,
      dns: [
        ['one', 1, 0, 1],
        ['two', 28, 0, 2],
      ],
    },
    { ...row, localPort: 5_001 },
    { ...row, localPort: 5_002, dns: [['three', 1, 65_535, 0]], extras: { 3: 5, 8: 771 } },
  );
  t.match(world.taken(), [
    { dns: [{ name: 'one' }, { name: 'two', latencyUs: 2 }], icmp: -1 },
    { dns: [] },
    { dns: [{ name: 'three', rcode: 65_535 }], icmp: 771, request: { retransmits: 5 } },
  ]);
  t.end();
});
