import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

t.test('a build waits for another one in its folder, and says so', async (t) => {
  const other = spawn('flock', ['package.json', 'sh', '-c', 'echo; exec cat'], { cwd: root, stdio: 'pipe' });
  t.teardown(() => other.kill());
  await once(other.stdout, 'data'); // it has the lock
  // tap puts options into the environment of whatever a test spawns; tsc cannot run with them
  const build = spawn('env', ['--unset=NODE_OPTIONS', 'scripts/build.sh', 'typescript'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  build.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.includes('waits for it')) other.stdin.end();
  });
  t.strictSame(await once(build, 'close'), [0, null]);
  t.equal(said, 'build: another build runs in this folder; this one waits for it\n');
});
