import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { cgroupOf, folderOf } from '../../src/cluster/cluster-plan.js';
import { clusterProcess } from '../../src/cluster/first-process.js';
import { ROOT, testCluster, until } from './snoopy-release.js';

// About 50 s: three more clusters.

const PROGRAM = `${ROOT}scripts/build/src/cluster/main.js`;
const name = `gone-${process.pid}`;
const start = (...args: readonly string[]) =>
  spawn(process.execPath, [PROGRAM, '--name', name, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });

/** Whatever a cluster of that name leaves on the machine. */
function traces(): string[] {
  const dir = folderOf(name);
  const groups = [
    '/sys/fs/cgroup',
    ...readdirSync('/sys/fs/cgroup').map((entry) => `/sys/fs/cgroup/${entry}`),
  ];
  return [
    ...[dir, ...groups.map((group) => `${group}/${cgroupOf(dir)}`)].filter((path) => existsSync(path)),
    ...(clusterProcess(dir) ? ['its first process'] : []),
    ...links().filter((link) => !before.links.includes(link)),
    ...folders().filter((folder) => !before.folders.includes(folder)),
  ];
}

const links = (): string[] => readdirSync('/sys/class/net').filter((link) => link.startsWith('snpk8s'));
/** Where programs of a node would write if they were not kept from it. */
const folders = (): string[] =>
  [
    '/var/lib/kubelet',
    '/var/lib/cni',
    '/etc/cni',
    '/var/log/pods',
    '/var/log/containers',
    '/usr/libexec/kubernetes',
  ].filter((path) => existsSync(path));
const before = { links: links(), folders: folders() };

t.test('a second cluster beside the first, and its end', async (t) => {
  const up = start('up', '--nodes', '1', '--attached');
  const [text] = (await once(up.stderr!.setEncoding('utf8'), 'data')) as [string];
  t.match(text, /starting the control plane and 1 nodes/);
  await until(
    'its node',
    90,
    () =>
      spawnSync(process.execPath, [PROGRAM, '--name', name, 'kubectl', 'get', 'node', 'node-a']).status === 0,
  );
  t.match(testCluster().kubectl(['get', 'nodes']), /node-b/, 'the first is still there');
  t.not(traces().length, 0);
  up.kill('SIGINT');
  await once(up, 'exit');
  t.strictSame(traces(), []);
});

// The first of them before it has a network, or just then.
for (const delay of [150, 200, 250, 300, 500, 6_000])
  t.test(`killed after ${delay} ms, it leaves nothing`, async (t) => {
    const up = start('up', '--nodes', '2', '--attached');
    await sleep(delay);
    up.kill('SIGKILL');
    await once(up, 'exit');
    for (let i = 0; i < 120 && traces().length > 0; i++) await sleep(250); // its guard cleans up
    t.strictSame(traces(), []);
  });

t.test('two commands at once under one name: the second is refused', async (t) => {
  const twice = spawnSync(process.execPath, [PROGRAM, '--name', process.env.SNOOPY_CLUSTER!, 'up'], {
    encoding: 'utf8',
  });
  t.match(twice, { status: 1, stderr: /is there already/ });
});
