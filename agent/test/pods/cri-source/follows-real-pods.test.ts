import { ContainerdRig } from '@snoopy/scripts/rig/containerd';
import t from 'tap';
import { CriSource } from '../../../src/pods/cri-source.js';
import type { PodInfo, SourceState } from '../../../src/pods/pod-source.js';
import { eventually } from '../../eventually.js';

const rig = await ContainerdRig.start('snoopy-cri');
t.teardown(() => rig.stop());
const source = new CriSource(rig.socket, { intervalMs: 100 });
let pods: readonly PodInfo[] = [];
let changes = 0;
let state: SourceState | undefined;
const stop = source.watch(
  (now) => {
    pods = now;
    changes++;
  },
  (now) => {
    state = now;
  },
);
t.teardown(() => {
  stop();
  source.close();
});
const pod = (name: string): PodInfo | undefined => pods.find((each) => each.name === name);

t.test(
  'a pod comes with names, labels, address and containers; nothing changes while nothing happens',
  async (t) => {
    const web = await rig.runPod({
      name: 'web',
      namespace: 'shop',
      uid: 'u-web',
      labels: { app: 'web', tier: 'front' },
    });
    await eventually(() => pod('web')?.ready === true);
    t.match(pod('web'), {
      uid: 'u-web',
      namespace: 'shop',
      labels: { app: 'web', tier: 'front' },
      ips: [web.ip],
      hostNetwork: false,
      sandboxId: web.sandboxId,
      containers: [],
    });
    t.match(state, { ok: true, source: /^cri:.*containerd\.sock \(containerd 1\./ });
    const before = changes;
    await new Promise((resolve) => setTimeout(resolve, 500));
    t.equal(changes, before);
  },
);

t.test('containers are followed: created, running, ended, another one in its place', async (t) => {
  const web = await rig.runPod({ name: 'box' });
  const id = await rig.createContainer(web, 'main', ['sleep', '1000']);
  await eventually(() => pod('box')?.containers.length === 1);
  t.same(pod('box')!.containers, [{ id, name: 'main', running: false }]);
  t.same((await source.locate(web.uid))!.containers, [], 'a created container has no process');
  await rig.removeContainer(id);
  const next = await rig.runContainer(web, 'main', ['sleep', '1000']);
  await eventually(() => pod('box')?.containers[0]?.running === true);
  const network = await source.locate(web.uid);
  t.same(network!.containers, [{ id: next, name: 'main', pid: await rig.containerPid(next) }]);
  const info = await rig.sandboxInfo(web);
  t.match(network, { ready: true, hostNetwork: false, path: info.netns, sandboxPid: info.pid });
});

t.test('a pod on the node’s network is told by its mode', async (t) => {
  await rig.runPod({ name: 'node', hostNetwork: true });
  await eventually(() => pod('node') !== undefined);
  t.match(pod('node'), { hostNetwork: true, ready: true, ips: [] });
});

t.test('a sandbox made anew under the same uid is another sandbox; the old one does not count', async (t) => {
  const first = await rig.runPod({ name: 'again', uid: 'u-again' });
  await eventually(() => pod('again')?.sandboxId === first.sandboxId);
  await rig.stopPod(first);
  await eventually(() => pod('again')?.ready === false);
  t.match(pod('again')!.problem, /the sandbox of pod default\/again does not run/);
  const second = await rig.runPod({ name: 'again', uid: 'u-again', attempt: 1 });
  await eventually(() => pod('again')?.ready === true);
  t.equal(pod('again')!.sandboxId, second.sandboxId);
  t.equal(pods.filter(({ uid }) => uid === 'u-again').length, 1);
});

t.test('a pod that is deleted goes', async (t) => {
  const gone = await rig.runPod({ name: 'gone' });
  await eventually(() => pod('gone') !== undefined);
  await rig.deletePod(gone);
  await eventually(() => pod('gone') === undefined);
  t.equal(await source.locate(gone.uid), undefined);
});

t.test('a runtime that dies is a state; the list stays; when it is back everything goes on', async (t) => {
  const count = pods.length;
  await rig.killDaemon();
  await eventually(() => state?.ok === false);
  t.match(state!.message, /does not answer as it should|there is no socket/);
  t.equal(pods.length, count);
  await t.rejects(source.locate('u-web'), { code: 'UNAVAILABLE' });
  await rig.startDaemon();
  await eventually(() => state?.ok === true);
  await rig.runPod({ name: 'after' });
  await eventually(() => pod('after')?.ready === true);
  t.equal(pods.length, count + 1);
});
