import t from 'tap';
import { ClusterWorld } from './cluster-world.js';

t.test(
  'an address that is used again is the old pod’s before, nobody’s between, the new pod’s after',
  (t) => {
    const world = new ClusterWorld();
    world.pod('old', { ip: '10.0.0.1', startedS: 0 });
    t.equal(world.at('10.0.0.1', 5), 'old');
    world.clock.goMs(20_000);
    world.pod('old', { ip: '10.0.0.1', startedS: 0, deletedS: 20 });
    t.equal(world.at('10.0.0.1', 19), 'old', 'connections that began before go on');
    t.equal(world.at('10.0.0.1', 22), undefined, 'it is ending, and may lose its address any time');
    world.clock.goMs(10_000);
    world.gone('old');
    world.pod('new', { ip: '10.0.0.1', startedS: 27 });
    t.equal(world.at('10.0.0.1', 19), 'old', 'late records too');
    t.equal(world.at('10.0.0.1', 25), undefined, 'neither is sure');
    t.equal(world.at('10.0.0.1', 28), 'new', 'also what began before we heard of it');
    t.equal(world.at('10.0.0.1', 40), 'new');
    t.end();
  },
);

t.test('an end that we did not hear of is noticed by the new holder', (t) => {
  const world = new ClusterWorld();
  world.pod('old', { ip: '10.0.0.1', startedS: 0 });
  world.clock.goMs(60_000);
  world.pod('new', { ip: '10.0.0.1', startedS: 49 });
  t.equal(world.at('10.0.0.1', 48), 'old');
  t.equal(world.at('10.0.0.1', 51), 'new');
  t.end();
});

t.test('a pod that has ended has no address, one on the node’s network never had', (t) => {
  const world = new ClusterWorld();
  world.pod('job', { ip: '10.0.0.1', startedS: 0, finishedS: 9, phase: 'Succeeded' });
  world.pod('proxy', { ip: '192.168.0.1', hostNetwork: true, startedS: 0 });
  world.cluster.setNode({ name: 'node-a', zone: '', labels: {}, ips: ['192.168.0.1'] }, undefined);
  t.equal(world.at('10.0.0.1'), undefined);
  t.equal(world.at('192.168.0.1'), 'node/node-a');
  t.equal(world.index.byUid('uid-proxy')?.name, 'proxy', 'its own records name it');
  t.end();
});

t.test('a pod that ends while it is watched keeps the time that it had its address', (t) => {
  const world = new ClusterWorld();
  world.pod('job', { ip: '10.0.0.1', startedS: 0 });
  world.clock.goMs(12_000);
  world.pod('job', { ip: '10.0.0.1', startedS: 0, finishedS: 9, phase: 'Failed' });
  t.equal(world.at('10.0.0.1', 8), 'job');
  t.equal(world.at('10.0.0.1', 11), undefined);
  t.end();
});

t.test('the same address in a secondary network is another pod’s', (t) => {
  const world = new ClusterWorld();
  const network = (name: string, ip: string) => ({
    'k8s.v1.cni.cncf.io/network-status': JSON.stringify([
      { name: 'default', default: true, ips: ['10.0.0.9'] },
      { name, interface: 'net1', ips: [ip] },
    ]),
  });
  world.pod('plain', { ip: '172.16.0.1' });
  world.pod('a', { ip: '10.0.0.2', annotations: network('shop/blue', '172.16.0.1') });
  world.pod('b', { ip: '10.0.0.3', annotations: network('shop/blue', '172.16.0.2') });
  world.pod('c', { ip: '10.0.0.4', annotations: network('shop/red', '172.16.0.1') });
  world.pod('d', { ip: '10.0.0.5', annotations: network('shop/red', '172.16.0.2') });
  t.equal(world.at('172.16.0.1'), 'plain');
  t.equal(world.at('172.16.0.1', 0, 'uid-b', '172.16.0.2'), 'a');
  t.equal(world.at('172.16.0.1', 0, 'uid-d', '172.16.0.2'), 'c');
  t.equal(world.at('172.16.0.1', 0, 'uid-b', '10.0.0.3'), 'plain', 'over its usual interface');
  t.end();
});

t.test('1,000 reuses of 20 addresses: never a wrong name, whatever we hear late', (t) => {
  const world = new ClusterWorld();
  let seed = 7;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 1;
    return seed % below;
  };
  const lives: { ip: string; name: string; from: number; until: number }[] = [];
  const free = new Map(Array.from({ length: 20 }, (_, i) => [`10.0.1.${i}`, 0]));
  let wrong = 0;
  let named = 0;
  for (let i = 0; i < 1_000; i++) {
    const ip = `10.0.1.${random(20)}`;
    const from = free.get(ip)! + random(3);
    const until = from + 5 + random(20);
    free.set(ip, until);
    lives.push({ ip, name: `pod-${i}`, from, until });
  }
  // Events in order of time, each heard up to 2 s late.
  const events = lives.flatMap((life) => [
    { at: life.from + random(3), run: () => world.pod(life.name, { ip: life.ip, startedS: life.from }) },
    {
      at: life.until - random(2),
      run: () => world.pod(life.name, { ip: life.ip, startedS: life.from, deletedS: life.until - 1 }),
    },
    { at: life.until + 1 + random(2), run: () => world.gone(life.name) },
  ]);
  events.sort((a, b) => a.at - b.at);
  for (const { at, run } of events) {
    world.clock.goMs(Math.max(0, at * 1_000 - world.clock.monotonicMs()));
    run();
    for (const { ip, from } of lives.filter((life) => life.from <= at && at <= life.until + 5)) {
      const time = from + random(at - from + 1);
      const found = world.at(ip, time);
      if (found === undefined) continue;
      named++;
      const isRight = lives.some(
        (life) => life.name === found && life.ip === ip && life.from <= time && time <= life.until,
      );
      if (!isRight) wrong++;
    }
  }
  t.equal(wrong, 0);
  t.ok(named > 1_000, `${named} looks were named`);
  t.end();
});
