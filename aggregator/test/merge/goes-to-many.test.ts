import { EmitReason, Initiator, Protocol } from '@snoopy/proto';
import t from 'tap';
import { HOLD_MS } from '../../src/merge/waiting-room.js';
import { type RowSpec, World } from './world.js';

/** A datagram to a group, as its sender and four receivers on two nodes see it. */
function rows(world: World, group: string, ip: (n: number) => string): RowSpec[] {
  const pods = [0, 1, 2, 3, 4].map((n) => world.pod(`pod-${n}`, n % 2 === 0 ? 'a' : 'b', ip(n + 1)));
  world.agent('a');
  world.agent('b');
  const all = { protocol: Protocol.udp, opened: true, reason: EmitReason.opened };
  return pods.map((pod, n) =>
    n === 0
      ? { ...all, pod, peer: group, localPort: 9, peerPort: 8, initiator: Initiator.local, sent: [1, 50, 1] }
      : {
          ...all,
          pod: { ...pod, ip: group },
          peer: ip(1),
          localPort: 8,
          peerPort: 9,
          initiator: Initiator.peer,
          received: [1, 50, 1],
        },
  );
}

t.test('what goes to many is one flow: the sender’s and one receiver’s word, the others are hops', (t) => {
  const networks: [string, (n: number) => string][] = [
    ['239.1.2.3', (n) => `10.0.0.${n}`],
    ['255.255.255.255', (n) => `10.0.0.${n}`],
    ['ff02::9', (n) => `fd00::${n}`],
  ];
  for (const [group, ip] of networks) {
    for (const order of [
      [0, 1, 2, 3, 4],
      [3, 1, 0, 4, 2],
      [4, 3, 2, 1, 0],
    ]) {
      const world = new World();
      const all = rows(world, group, ip);
      for (const n of order) world.send(all[n]!);
      t.strictSame(world.taken(), [], `${group}: others may follow`);
      world.pass(HOLD_MS + 20);
      const flows = world.taken();
      t.match(
        flows,
        [
          {
            destination: group,
            sourcePod: 'pod-0',
            opened: true,
            partial: false,
            request: { packets: 1 },
            reply: { packets: 0 },
          },
        ],
        `${group} ${order}`,
      );
      t.strictSame(
        flows[0]!.views.map(({ vantage }) => vantage),
        [1, 2, 3, 3, 3],
      );
      t.equal(world.merge.connections, 1);
    }
  }
  t.end();
});

t.test('what one receiver alone sees counts as it saw it', (t) => {
  const world = new World();
  const [, receiver] = rows(world, '239.1.2.3', (n) => `10.0.0.${n}`);
  world.send({ ...receiver!, peer: '93.184.1.1' });
  world.pass(HOLD_MS + 20);
  t.match(world.taken(), [{ viewCount: 1, request: { packets: 1 }, source: '93.184.1.1' }]);
  t.end();
});
