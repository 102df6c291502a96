import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { ContainerdRig } from '../../src/rig/containerd.js';

// About 10 s.

const links = (): string => execFileSync('ip', ['-o', 'link'], { encoding: 'utf8' });

t.test('two rigs do not meet: other sockets, networks and pods; nothing is left of either', async (t) => {
  const [a, b] = await Promise.all([ContainerdRig.start('snoopy-a'), ContainerdRig.start('snoopy-b')]);
  const [left, right] = await Promise.all([a.runPod({ name: 'same' }), b.runPod({ name: 'same' })]);
  t.not(left.ip.split('.').slice(0, 3).join('.'), right.ip.split('.').slice(0, 3).join('.'));
  const id = await a.runContainer(left, 'main', ['sleep', '1000']);
  const pid = await a.containerPid(id);
  execFileSync('busybox', ['ping', '-c', '1', '-W', '2', left.ip]);
  execFileSync('busybox', ['ping', '-c', '1', '-W', '2', right.ip]);
  await a.stop();
  execFileSync('busybox', ['ping', '-c', '1', '-W', '2', right.ip], {});
  await b.stop();
  for (const rig of [a, b]) {
    t.equal(existsSync(rig.dir), false);
    t.notMatch(links(), new RegExp(`${rig.network.bridge}[:@]`));
  }
  t.equal(existsSync(`/proc/${pid}`), false);
});

t.test('a program that is killed with its rig leaves nothing either', async (t) => {
  const module = new URL('../../src/rig/containerd.js', import.meta.url).href;
  const script = `
    const { ContainerdRig } = await import('${module}');
    const rig = await ContainerdRig.start('snoopy-killed');
    const pod = await rig.runPod({ name: 'web' });
    await rig.runContainer(pod, 'main', ['sleep', '1000']);
    console.log(JSON.stringify({ dir: rig.dir, bridge: rig.network.bridge }));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  const { dir, bridge } = JSON.parse(line.toString());
  child.kill('SIGKILL');
  for (let i = 0; i < 100 && existsSync(dir); i++) await sleep(100);
  t.equal(existsSync(dir), false);
  t.notMatch(links(), new RegExp(`${bridge}[:@]`));
  const processes = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid));
  const still = processes.filter((pid) => commandLine(pid).includes(dir));
  t.same(still, []);
});

function commandLine(pid: string): string {
  try {
    return execFileSync('cat', [`/proc/${pid}/cmdline`], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return '';
  }
}
