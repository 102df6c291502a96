import t from 'tap';
import { ClusterWorld } from './cluster-world.js';

const owner = (uid: string, kind: string, name: string) => [uid, { uid: `uid-${name}`, kind, name }] as const;

/** Kind and name of the workload of a pod. */
function workload(world: ClusterWorld, pod: string): string {
  const { workloadKind, workload: name } = world.index.byUid(`uid-${pod}`)!;
  return `${workloadKind} ${name}`;
}

t.test('every kind of owner, and none', (t) => {
  const world = new ClusterWorld();
  world.cluster.setOwner(...owner('uid-web-7d9', 'Deployment', 'web'));
  world.cluster.setOwner(...owner('uid-ship-55', 'Rollout', 'ship'));
  world.cluster.setOwner(...owner('uid-report-2900', 'CronJob', 'report'));
  const cases: [pod: string, kind: string, name: string, workload: string][] = [
    ['a', 'ReplicaSet', 'web-7d9', 'Deployment web'],
    ['b', 'ReplicaSet', 'ship-55', 'Rollout ship'],
    ['c', 'ReplicaSet', 'alone', 'ReplicaSet alone'],
    ['d', 'StatefulSet', 'db', 'StatefulSet db'],
    ['e', 'DaemonSet', 'dns', 'DaemonSet dns'],
    ['f', 'Job', 'report-2900', 'CronJob report'],
    ['g', 'Job', 'once', 'Job once'],
    ['h', 'KafkaNodePool', 'brokers', 'KafkaNodePool brokers'],
  ];
  for (const [pod, kind, name, expected] of cases) {
    world.pod(pod, { owner: [kind, name] });
    t.equal(workload(world, pod), expected);
  }
  world.pod('bare');
  t.equal(workload(world, 'bare'), 'Pod bare');
  t.end();
});

t.test('a pod may be known before its ReplicaSet: a good guess, then the truth', (t) => {
  const world = new ClusterWorld();
  const labels = { 'pod-template-hash': '7d9', app: 'web' };
  world.pod('web-7d9-x', { owner: ['ReplicaSet', 'web-7d9'], labels });
  t.equal(workload(world, 'web-7d9-x'), 'Deployment web');
  world.cluster.setOwner(...owner('uid-web-7d9', 'Rollout', 'web'));
  t.equal(workload(world, 'web-7d9-x'), 'Rollout web');
  t.end();
});

t.test('Services, node and zone, in whatever order they come', (t) => {
  const world = new ClusterWorld();
  const slice = (service: string, ...podUids: string[]) => ({ namespace: 'shop', service, podUids });
  world.cluster.setEndpoints(slice('web', 'uid-a'), undefined);
  world.pod('a', { ip: '10.0.0.1' });
  world.cluster.setEndpoints(slice('all', 'uid-a', 'uid-b'), undefined);
  const node = { name: 'node-a', zone: 'north', labels: {}, ips: ['192.168.0.1'] };
  world.cluster.setNode(node, undefined);
  t.match(world.index.byUid('uid-a'), { services: ['all', 'web'], zone: 'north', node: 'node-a' });
  world.cluster.setEndpoints(slice('all', 'uid-b'), slice('all', 'uid-a', 'uid-b'));
  t.match(world.index.byUid('uid-a'), { services: ['web'] });
  world.cluster.setNode({ ...node, zone: 'south' }, node);
  t.match(world.index.byUid('uid-a'), { zone: 'south' });
  t.equal(world.at('192.168.0.1'), 'node/node-a');
  const service = { namespace: 'shop', name: 'web', ips: ['10.96.0.7'] };
  world.cluster.setService(service, undefined);
  t.equal(world.at('10.96.0.7'), 'service/web');
  world.cluster.setService(undefined, service);
  t.equal(world.at('10.96.0.7'), undefined);
  t.end();
});

t.test('a static pod is known by its uid in the runtime', (t) => {
  const world = new ClusterWorld();
  const annotations = { 'kubernetes.io/config.mirror': 'x', 'kubernetes.io/config.hash': 'hash-1' };
  world.pod('etcd-node-a', { owner: ['Node', 'node-a'], annotations });
  t.match(world.index.byUid('hash-1'), { name: 'etcd-node-a', workload: 'node-a' });
  world.gone('etcd-node-a');
  t.end();
});
