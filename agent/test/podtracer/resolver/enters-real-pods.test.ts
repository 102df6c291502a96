import { ContainerdRig } from '@snoopy/scripts/rig/containerd';
import t from 'tap';
import { CriSource } from '../../../src/pods/cri-source.js';
import type { PodInfo, PodNetwork, PodSource } from '../../../src/pods/pod-source.js';
import { createPodtracer } from '../../../src/podtracer/create-podtracer.js';
import { eventually } from '../../eventually.js';

const rig = await ContainerdRig.start('snoopy-resolver');
const source = new CriSource(rig.socket);
t.teardown(async () => {
  source.close();
  await rig.stop();
});
const podtracer = createPodtracer(source);
const find = async (uid: string): Promise<PodInfo> => (await source.list()).find((pod) => pod.uid === uid)!;

/** The same pods of a runtime that tells less. */
function withLess(change: (network: PodNetwork) => PodNetwork): PodSource {
  const locate: PodSource['locate'] = async (uid) => {
    const network = await source.locate(uid);
    return network && change(network);
  };
  return { locate, list: () => source.list(), watch: () => () => {}, close() {} };
}

t.test('path, sandbox process and container process lead to one network, the pod’s', async (t) => {
  const pod = await rig.runPod({ name: 'web' });
  await rig.runContainer(pod, 'main', ['sleep', '1000']);
  const info = await find(pod.uid);
  const noPath = withLess(({ path: _, ...rest }) => rest);
  const noSandbox = withLess(({ path: _, sandboxPid: __, ...rest }) => rest);
  const targets = [
    await podtracer.resolve(info),
    await createPodtracer(noPath).resolve(info),
    await createPodtracer(noSandbox).resolve(info),
  ];
  t.same(
    targets.map(({ via }) => via),
    ['sandbox-path', 'sandbox-pid', 'container-pid'],
  );
  t.equal(new Set(targets.map(({ inode }) => inode)).size, 1);
  for (const target of targets) {
    const interfaces = await podtracer.interfaces(target);
    t.match(
      interfaces.find(({ name }) => name === 'eth0'),
      { up: true, loopback: false, link: 'ether', mtu: 1500, mac: Uint8Array },
    );
    t.ok(interfaces.some(({ addresses }) => addresses.some(({ address }) => address === pod.ip)));
    target.close();
  }
});

t.test('a pod without a running container is entered all the same', async (t) => {
  const pod = await rig.runPod({ name: 'bare' });
  const target = await podtracer.resolve(await find(pod.uid));
  t.equal(target.via, 'sandbox-path');
  target.close();
  const nothing = withLess(({ path: _, sandboxPid: __, ...rest }) => rest);
  await t.rejects(createPodtracer(nothing).resolve(await find(pod.uid)), {
    name: 'SnoopyError',
    reason: 'no-network',
  });
  const message = /no running container "main"; running: none/;
  await t.rejects(podtracer.resolve(await find(pod.uid), { container: 'main' }), {
    name: 'SnoopyError',
    message,
  });
});

t.test('a container restart changes nothing: the network is the sandbox’s', async (t) => {
  const pod = await rig.runPod({ name: 'restarts' });
  const first = await rig.runContainer(pod, 'main', ['sleep', '1000']);
  const target = await podtracer.resolve(await find(pod.uid), { container: 'main' });
  await rig.removeContainer(first);
  await rig.runContainer(pod, 'main', ['sleep', '1000']);
  await t.resolves(podtracer.verify(target));
  target.close();
});

t.test('a pod on the node’s network is refused, and entered when that is asked for', async (t) => {
  const pod = await rig.runPod({ name: 'node', hostNetwork: true });
  const info = await find(pod.uid);
  await t.rejects(podtracer.resolve(info), { name: 'SnoopyError', reason: 'host-network' });
  const target = await podtracer.resolve(info, { allowHostNetwork: true });
  t.ok((await podtracer.interfaces(target)).some(({ name }) => name === rig.network.bridge));
  target.close();
});

t.test('a deleted pod is noticed, its capture ends by itself, and its network is let go', async (t) => {
  const pod = await rig.runPod({ name: 'deleted' });
  const target = await podtracer.resolve(await find(pod.uid));
  const lines: string[] = [];
  const request = {
    kind: 'capture',
    interface: 'eth0',
    snaplen: 96,
    ringKiB: 1_024,
    nanoseconds: true,
    filter: '',
  } as const;
  const tool = podtracer.spawn(target, request, { onData() {}, onLine: (line) => lines.push(line) });
  await eventually(() => lines.some((line) => line.includes('listening on eth0')));
  await rig.deletePod(pod);
  const end = await tool.ended;
  t.match(end, { code: 1, cancelled: false });
  t.ok(
    end.lastLines.some((line) => line.includes('packets captured')),
    'its counters came',
  );
  await t.rejects(podtracer.verify(target), { name: 'SnoopyError', reason: 'gone' });
  target.close();
});

t.test('a sandbox made anew is another network: the old target is void, the new one opens', async (t) => {
  const first = await rig.runPod({ name: 'again', uid: 'u-again' });
  const info = await find('u-again');
  const target = await podtracer.resolve(info);
  await rig.stopPod(first);
  await t.rejects(podtracer.verify(target), { name: 'SnoopyError', reason: 'not-ready' });
  await t.rejects(podtracer.resolve(info), { name: 'SnoopyError', reason: 'not-ready' });
  const second = await rig.runPod({ name: 'again', uid: 'u-again', attempt: 1 });
  await t.rejects(podtracer.verify(target), { name: 'SnoopyError', reason: 'gone' });
  const next = await podtracer.resolve(info);
  t.equal(next.pod.sandboxId, second.sandboxId);
  t.not(next.inode, target.inode);
  target.close();
  next.close();
});
