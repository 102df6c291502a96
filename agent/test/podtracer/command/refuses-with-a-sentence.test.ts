import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type CommandEnd, podtracer } from '../podtracer-command.js';
import { twoPods } from '../two-pods.js';

const { source, dir, close } = twoPods();
t.teardown(close);
const run = (pod: string, tool: string, args: string, ...more: string[]) =>
  podtracer(source, 'run', tool, '-a', args, '--pod', pod, '-n', 'shop', ...more);
const made = join(dir, 'made');

t.test('whatever is refused ends with 125 and one line without control characters', async (t) => {
  const cases: readonly (readonly [Promise<CommandEnd>, RegExp])[] = [
    [run('web-9', 'ip', 'addr', '-f', made), /no pod "web-9" in namespace "shop".*it has "client", "web-0"/],
    [run('../\u001b[2J\u0007', 'ip', 'addr'), /no pod "..\/\?\[2J\?"/],
    [run('web-0', 'tcpdump', '-i eth0 -w/x'), /write no files/],
    [run('web-0', 'ip', 'addr', '-d', '127.0.0.1'), /needs both: -d HOST .* and -p PORT/],
    [
      run('web-0', 'ip', 'addr', '-d', '127.0.0.1', '-p', '1', '-f', made),
      /no collector answers at 127.0.0.1:1/,
    ],
    [run('web-0', 'ip', 'addr', '-c', 'main', '-f', made), /no running container "main"; running: none/],
    [run('web-0', 'ip', 'addr', '-t', 'soon'), /give a time such as 30s/],
    [run('web-0', 'ip', 'addr', '--pods', 'cri:/no/such.sock'), /there is no socket \/no\/such.sock: start/],
    [podtracer(source, 'run', 'ip', '-n', 'shop'), /required option '--pod <name>'/],
    [
      podtracer(source, 'run', 'ss', '--pod', 'node', '-n', 'kube-system'),
      /node's network; ask for it explicitly/,
    ],
  ];
  for (const [ending, message] of cases) {
    const end = await ending;
    t.match(end.stderr, message);
    t.equal(end.code, 125, end.stderr);
    t.notMatch(
      end.stderr,
      /[\u0000-\u0009\u000b-\u001f\u007f]| at .*:\d+:\d+/,
      'no control characters, no stack',
    );
    t.equal(end.stdout.length, 0);
  }
  t.equal(existsSync(made), false, 'and no file was made');
});

t.test('a pod on the node’s network is entered when that is asked for', async (t) => {
  const end = await podtracer(
    source,
    'run',
    'ip',
    '-a',
    'link',
    '--pod',
    'node',
    '-n',
    'kube-system',
    '--host-network',
  );
  t.equal(end.code, 0, end.stderr);
});

t.test('help and version are on standard output and no failure', async (t) => {
  for (const args of [['run', '--help'], ['tools'], ['--version']]) {
    const end = await podtracer(source, ...args);
    t.match(end, { code: 0, stderr: '' }, args.join(' '));
    t.ok(end.stdout.length > 3);
  }
});

t.test('pods are listed as a table and as JSON', async (t) => {
  const table = (await podtracer(source, 'pods')).stdout.toString();
  t.match(table, /^NAMESPACE +NAME +NETWORK/);
  t.match(table, /^shop +web-0 +own .* app=web$/m);
  t.match(table, /^kube-system +node +the node’s/m);
  const json = (await podtracer(source, 'pods', '-o', 'json')).stdout.toString().trim().split('\n');
  t.same(json.map((line) => JSON.parse(line).name).sort(), ['client', 'node', 'web-0']);
});
