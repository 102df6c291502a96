import { Initiator } from '@snoopy/proto';
import t from 'tap';
import { tcpPair, World } from './world.js';

t.test('ended connections are forgotten after a while, live ones are not', (t) => {
  const world = new World();
  const client = world.pod('web', 'a', '10.0.0.1');
  const server = world.pod('db', 'b', '10.0.0.2');
  world.agent('a');
  world.agent('b');
  for (let port = 1; port <= 100; port++) {
    const [c, s] = tcpPair(client, server, port, port % 2 ? {} : { closed: 0, reason: 2 });
    world.send(c);
    world.send(s);
  }
  t.equal(world.merge.connections, 100);
  world.pass(8_000);
  t.equal(world.merge.connections, 100);
  world.pass(10_000);
  t.equal(world.merge.connections, 50);
  world.pass(3_600_000);
  t.equal(world.merge.connections, 50, 'a connection may be silent for hours');
  t.end();
});

t.test('when all slots are taken the most silent goes, and no record is lost', (t) => {
  const world = new World({ capacity: 101 });
  const client = world.pod('web', 'a', '10.0.0.1');
  world.agent('a');
  for (let n = 0; n < 1_000; n++) {
    world.send({
      pod: client,
      peer: '93.1.1.1',
      localPort: 1_000 + n,
      peerPort: 80,
      initiator: Initiator.local,
      opened: true,
      sent: [1, 1],
    });
    world.pass(100);
  }
  t.equal(world.merge.connections, 100);
  t.equal(world.merge.evicted, 900);
  t.equal(
    world.taken().reduce((sum, flow) => sum + flow.request.packets, 0),
    1_000,
  );
  t.end();
});

t.test('a slot that is used again is told as new', (t) => {
  const world = new World({ capacity: 3 });
  const client = world.pod('web', 'a', '10.0.0.1');
  world.agent('a');
  for (let port = 1; port < 9; port++)
    world.send({
      pod: client,
      peer: `93.1.1.${port}`,
      localPort: port,
      peerPort: 80,
      initiator: Initiator.local,
    });
  const flows = world.taken();
  t.ok(flows.every((flow) => flow.renamed));
  t.strictSame(
    flows.map((flow) => flow.destination),
    flows.map((_, i) => `93.1.1.${i + 1}`),
  );
  t.end();
});
