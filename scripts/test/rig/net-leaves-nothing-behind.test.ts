import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import t from 'tap';
import { Net, ownNamespaces } from '../../src/rig/netns.js';

const module = new URL('../../src/rig/netns.js', import.meta.url).href;

/** Makes a namespace with a sleeper inside, prints the name and the sleeper's pid, and stays. */
const program = `
  import { Net } from ${JSON.stringify(module)};
  const namespace = new Net().namespace('left');
  const child = namespace.spawn('sleep', ['60'], { stdio: 'ignore', detached: true });
  console.log(JSON.stringify({ name: namespace.name, pid: child.pid }));
  setInterval(() => {}, 1000);
`;

async function startOther() {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, ...(JSON.parse(line.toString()) as { name: string; pid: number }) };
}

const alive = (pid: number) => existsSync(`/proc/${pid}/ns/net`);

async function gone(pid: number): Promise<boolean> {
  for (let i = 0; i < 40 && alive(pid); i++) await new Promise((resolve) => setTimeout(resolve, 25));
  return !alive(pid);
}

t.test('close() ends the processes inside and deletes the namespaces', async (t) => {
  const net = new Net();
  const a = net.namespace('a');
  const sleeper = a.spawn('sleep', ['60'], { stdio: 'ignore' });
  t.equal(ownNamespaces().length, 1);
  net.close();
  t.same(ownNamespaces(), []);
  t.ok(await gone(sleeper.pid!));
});

t.test('SIGINT closes, and the process ends by that signal', async (t) => {
  const other = await startOther();
  t.ok(existsSync(`/run/netns/${other.name}`));
  other.child.kill('SIGINT');
  const [, signal] = (await once(other.child, 'exit')) as [number | null, string];
  t.equal(signal, 'SIGINT');
  t.notOk(existsSync(`/run/netns/${other.name}`));
  t.ok(await gone(other.pid));
});

t.test('what a SIGKILLed process left is swept by the next Net', async (t) => {
  const other = await startOther();
  other.child.kill('SIGKILL');
  await once(other.child, 'exit');
  t.ok(existsSync(`/run/netns/${other.name}`));
  new Net().close();
  t.notOk(existsSync(`/run/netns/${other.name}`));
  t.ok(await gone(other.pid));
});
