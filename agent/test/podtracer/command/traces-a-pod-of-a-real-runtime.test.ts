import { execFileSync } from 'node:child_process';
import { ContainerdRig } from '@snoopy/scripts/rig/containerd';
import t from 'tap';
import { eventually } from '../../eventually.js';
import { podtracer, startPodtracer } from '../podtracer-command.js';

const rig = await ContainerdRig.start('snoopy-command');
t.teardown(() => rig.stop());
const source = `cri:${rig.socket}`;
const pod = await rig.runPod({ name: 'web-0', namespace: 'shop', labels: { app: 'web' } });
await rig.runContainer(pod, 'main', ['sleep', '1000']);
const to = ['--pod', 'web-0', '-n', 'shop'];

t.test('podtracer sees the packets of the pod, by container name as well', async (t) => {
  const running = startPodtracer(source, 'run', 'tcpdump', '-a', "-i eth0 -c 4 'icmp'", ...to, '-c', 'main');
  await eventually(() => running.stderr().includes('listening on eth0'));
  execFileSync('busybox', ['ping', '-c', '2', '-W', '2', pod.ip]);
  const end = await running.ended;
  t.equal(end.code, 0, end.stderr);
  t.match(end.stdout.toString(), new RegExp(`${pod.ip} > .*ICMP echo reply`));
  t.match(end.stderr, /4 packets captured/);
});

t.test('podtracer pods shows names, address, containers and labels', async (t) => {
  const { stdout } = await podtracer(source, 'pods');
  t.match(stdout.toString(), new RegExp(`^shop +web-0 +own +${pod.ip} +main +app=web$`, 'm'));
});

t.test('a pod that is deleted ends the tool, with a sentence', async (t) => {
  const running = startPodtracer(source, 'run', 'ping', '-a', '-i 0.2 127.0.0.1', ...to);
  await eventually(() => running.stdout().includes('bytes from'));
  await rig.deletePod(pod);
  const end = await running.ended;
  t.equal(end.code, 125, end.stderr);
  t.match(end.stderr, /podtracer: pod shop\/web-0 is no longer on this node/);
});
