/* About 25 s: an etcd and an API server of their own, restarted three times. */
import { createLog, systemClock } from '@snoopy/proto';
import t from 'tap';
import { openKubeApi } from '../../src/kubernetes/https-kube-api.js';
import { kubePod } from '../../src/kubernetes/kube-pod.js';
import { Kubernetes } from '../../src/kubernetes/kubernetes.js';
import { Reflector } from '../../src/kubernetes/reflector.js';
import { PodIndex } from '../../src/pods/pod-index.js';
import { Wire } from '../fakes/wire.js';
import { until } from '../ingest/link-rig.js';
import { skip, startApi } from './api-world.js';
import { wordsOf } from './cluster-world.js';

const options = { clock: systemClock, log: createLog('test', 'silent'), random: Math.random };

interface Told {
  selected: string[];
  others: string[];
}

t.setTimeout(240_000);
t.test('a real API server', { skip, timeout: 240_000 }, async (t) => {
  const { plane, objects } = await startApi(t);
  await objects.namespace('shop');

  await t.test('names, selections, and a server that is killed', async (t) => {
    const index = new PodIndex();
    index.syncClocks(systemClock.monotonicMs(), systemClock.nowUs());
    const told: Told[] = [];
    const control = {
      send: (message: { selection?: Told }) => void (message.selection && told.push(message.selection)),
    };
    const session = { agent: 'node-a', control, selector: 'app=web', namespaces: [] };
    const kubernetes = new Kubernetes({
      api: await openKubeApi(plane.kubeconfig),
      index,
      sessions: () => [session] as never,
      ...options,
    });
    t.teardown(() => kubernetes.stop());
    kubernetes.start();
    await until(() => kubernetes.synced);
    t.strictSame(kubernetes.problems(), []);

    await objects.node('node-a', '192.168.0.1', 'north');
    const set = await objects.replicaSet('web-7d9', 'web');
    const uid = await objects.pod('web-7d9-x', {
      ip: '10.0.0.1',
      labels: { app: 'web' },
      owner: ['ReplicaSet', 'web-7d9', set],
    });
    await objects.service('web', '10.96.0.77', uid, 'web-7d9-x', '10.0.0.1');
    await until(() => (index.byUid(uid)?.services?.length ?? 0) > 0);
    t.match(index.byUid(uid), {
      namespace: 'shop',
      name: 'web-7d9-x',
      workload: 'web',
      workloadKind: 'Deployment',
      services: ['web'],
      zone: 'north',
      node: 'node-a',
    });
    const nameOf = (ip: string): string => {
      const words = new Int32Array([...wordsOf('10.9.9.9'), ...wordsOf(ip)]);
      return index.byId(index.endAt(0, words, 0, 4, Date.now() | 0) - 1)?.workload ?? '';
    };
    await until(() => nameOf('10.96.0.77') === 'service/web' && nameOf('192.168.0.1') === 'node/node-a');
    t.equal(nameOf('10.0.0.1'), 'web');

    await until(() => told.at(-1)?.selected.includes(uid) ?? false);
    const before = Date.now();
    await objects.label('web-7d9-x', { app: 'other' });
    await until(() => told.at(-1)?.others.includes(uid) ?? false);
    t.ok(Date.now() - before < 2_000, `a label took ${Date.now() - before} ms`);

    await plane.stopApi('SIGKILL');
    await until(() => kubernetes.problems().length > 0);
    t.equal(nameOf('10.0.0.1'), 'web', 'names go on without the API server');
    await plane.startApi();
    const back = Date.now();
    const later = await objects.pod('later', { ip: '10.0.0.2' });
    await until(() => index.byUid(later) !== undefined);
    await until(() => kubernetes.problems().length === 0);
    t.ok(Date.now() - back < 5_000, `caught up ${Date.now() - back} ms after the API server was back`);
    await objects.deletePod('later');
    await until(() => nameOf('10.0.0.2') === '');
  });

  await t.test('a hung connection, and a place that the server has forgotten', async (t) => {
    const wire = await new Wire(plane.port).open();
    t.teardown(() => wire.close());
    const problems: string[] = [];
    const reflector = new Reflector({
      api: await openKubeApi(plane.kubeconfigThrough(wire.port)),
      ...options,
      path: '/api/v1/pods',
      project: kubePod,
      onChange: () => {},
      onState: ({ problem }) => problems.push(problem),
      silentMs: 1_500,
    });
    t.teardown(() => reflector.stop());
    reflector.start();
    const has = (name: string) => reflector.objects.has(`shop/${name}`);
    await until(() => has('web-7d9-x'));
    wire.hang();
    await objects.pod('while-hung', { ip: '10.0.0.3' });
    await until(() => problems.some((problem) => problem.includes('nothing came')));
    t.notOk(has('while-hung'));
    wire.heal();
    await until(() => has('while-hung'));

    wire.hang();
    await objects.deletePod('while-hung');
    await objects.pod('after', { ip: '10.0.0.4' });
    await plane.stopApi('SIGKILL');
    await plane.forgetVersions();
    await plane.startApi();
    wire.heal();
    await until(() => has('after') && !has('while-hung'), 30_000);
  });

  await t.test('a reader that is slow gets everything in the end, in order', async (t) => {
    const versions: number[] = [];
    const reflector = new Reflector({
      api: await openKubeApi(plane.kubeconfig),
      ...options,
      path: '/api/v1/pods',
      project: ({ metadata }) => metadata?.labels?.step ?? '',
      onChange: (_, now) => {
        if (now) versions.push(Number(now));
        for (const end = performance.now() + 20; performance.now() < end; );
      },
    });
    t.teardown(() => reflector.stop());
    reflector.start();
    await until(() => reflector.state.synced);
    for (let step = 1; step <= 200; step++) await objects.label('after', { step: String(step) });
    await until(() => versions.at(-1) === 200, 30_000);
    t.strictSame(
      versions,
      [...versions].sort((a, b) => a - b),
    );
  });
});
