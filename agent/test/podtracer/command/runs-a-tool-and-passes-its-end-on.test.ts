import { linkSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { podtracer } from '../podtracer-command.js';
import { twoPods } from '../two-pods.js';

const { source, webAddress, dir, close } = twoPods();
t.teardown(close);
const run = (tool: string, args: string, ...more: string[]) =>
  podtracer(source, 'run', tool, '-a', args, '--pod', 'web-0', '-n', 'shop', ...more);

t.test(
  'a tool runs in the pod’s network; without -s, -f and -d its output is on standard output',
  async (t) => {
    const end = await run('ip', '-br -4 addr');
    t.match(end, { code: 0, stderr: '' });
    t.match(end.stdout.toString(), new RegExp(`eth0\\S*\\s+UP\\s+${webAddress}/16`));
  },
);

t.test('the tool’s exit code and what it says on standard error pass through', async (t) => {
  t.match(await run('ip', 'addr show dev nope'), { code: 1, stderr: /Device "nope" does not exist/ });
  t.match(await run('tcpdump', '-i nope'), { code: 1, stderr: /nope: No such device/ });
});

t.test('quoted arguments arrive as one', async (t) => {
  const end = await run('tcpdump', `-d 'tcp port 80' "or udp"`);
  t.equal(end.code, 0, end.stderr);
  t.match(end.stdout.toString(), /ret/);
});

t.test('-f writes a file of its owner alone, -s standard output as well', async (t) => {
  const file = join(dir, 'out');
  writeFileSync(file, 'x'.repeat(10_000), { mode: 0o666 });
  const end = await run('ip', '-br addr', '-f', file, '--stdout=true');
  t.equal(end.code, 0, end.stderr);
  t.equal(readFileSync(file, 'utf8'), end.stdout.toString(), 'nothing of what was there is left');
  t.equal(statSync(file).mode & 0o777, 0o600);
  const quiet = await run('ip', '-br addr', '-f', file);
  t.equal(quiet.stdout.length, 0);
});

t.test('a file that is a link, or no ordinary file, is left alone', async (t) => {
  const precious = join(dir, 'precious');
  writeFileSync(precious, 'precious');
  symlinkSync(precious, join(dir, 'link'));
  linkSync(precious, join(dir, 'twin'));
  t.match(await run('ip', 'addr', '-f', join(dir, 'link')), { code: 125, stderr: /it is a symbolic link/ });
  t.match(await run('ip', 'addr', '-f', join(dir, 'twin')), { code: 125, stderr: /second name/ });
  t.match(await run('ip', 'addr', '-f', '/dev/null'), { code: 125, stderr: /not an ordinary file/ });
  t.match(await run('ip', 'addr', '-f', join(dir, 'no/such')), { code: 125, stderr: /no such file/ });
  t.equal(readFileSync(precious, 'utf8'), 'precious');
});
