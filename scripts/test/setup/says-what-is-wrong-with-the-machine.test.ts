import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** setup.sh in a folder of its own, with programs of ours before those of the machine. */
function machine(t: Test, programs: Record<string, string>, ...before: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'snoopy-setup-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'scripts'));
  mkdirSync(join(folder, 'bin'));
  cpSync(join(root, 'scripts/setup.sh'), join(folder, 'scripts/setup.sh'));
  writeFileSync(join(folder, 'package.json'), '{}');
  writeFileSync(join(folder, 'package-lock.json'), '{}');
  for (const [name, text] of Object.entries(programs))
    writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}` };
  const setup = (...groups: readonly string[]) => {
    const [command = '', ...args] = [...before, join(folder, 'scripts/setup.sh'), ...groups];
    const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', env });
    return { status, stdout, stderr };
  };
  return { folder, setup };
}

t.test('this machine lacks nothing, so nothing is said', async (t) => {
  const result = spawnSync(join(root, 'scripts/setup.sh'), ['demo', 'test'], { encoding: 'utf8' });
  t.match(result, { status: 0, stdout: '', stderr: '' });
});

t.test('another system than Linux', async (t) => {
  const { setup } = machine(t, { uname: 'echo Darwin' });
  t.match(setup('demo'), { status: 1, stderr: /needs Linux.*Darwin/ });
});

t.test('a user who is not root', async (t) => {
  const { setup } = machine(t, {}, 'setpriv', '--reuid=65534', '--regid=65534', '--clear-groups');
  t.match(setup('demo'), { status: 1, stderr: /needs root.*sudo/ });
});

t.test('an old Node.js', async (t) => {
  const { setup } = machine(t, { node: 'case $1 in --version) echo v18.1.0;; *) exit 1;; esac' });
  t.match(setup('demo'), { status: 1, stderr: /v18\.1\.0 is too old; 20\.19/ });
});

t.test('no word for what', async (t) => {
  t.match(machine(t, {}).setup(), { status: 1, stderr: /demo, test, bench, cluster or images/ });
});

t.test('npm packages are installed once, and again when the lock file is newer', async (t) => {
  const npm = 'echo "$@" >>npm-calls; mkdir -p node_modules; touch node_modules/.package-lock.json';
  const { folder, setup } = machine(t, { npm });
  t.match(setup('demo'), { status: 0, stdout: '', stderr: /installing npm packages/ });
  t.match(setup('demo'), { status: 0, stdout: '', stderr: '' });
  const later = new Date(Date.now() + 5_000).toISOString();
  spawnSync('touch', ['-d', later, join(folder, 'package-lock.json')]);
  t.match(setup('demo'), { stderr: /installing npm packages/ });
  t.equal(readFileSync(join(folder, 'npm-calls'), 'utf8').match(/^ci /gm)?.length, 2);
});

t.test('an installation that fails shows why', async (t) => {
  const { setup } = machine(t, { npm: 'echo registry unreachable >&2; exit 1' });
  t.match(setup('demo'), { status: 1, stdout: '', stderr: /registry unreachable\nsetup: npm ci failed/ });
});
