import { createServer } from 'node:net';
import t from 'tap';
import { FakeAggregator } from '../../fakes/fake-aggregator.js';
import { snoopyInProcess } from '../../fakes/in-process.js';
import { snoopy } from '../../fakes/snoopy-process.js';

t.test('no aggregator: one sentence, exit code 2, soon', async (t) => {
  for (const args of [
    ['status'],
    ['observe'],
    ['observe', '-f'],
    ['top', '--once'],
    ['capture', '-w', '/dev/null'],
  ]) {
    const begun = Date.now();
    const { code, stdout, stderr } = await snoopy([...args, '--server', '127.0.0.1:1']);
    t.strictSame([code, stdout], [2, ''], args.join(' '));
    t.match(stderr, /^snoopy: No aggregator answers at 127\.0\.0\.1:1\. .*--server HOST:PORT.*\n$/);
    t.ok(Date.now() - begun < 5_000);
  }
});

t.test('something that takes the connection and says nothing: exit code 2 after 5 s', async (t) => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  t.teardown(() => silent.close());
  await new Promise((resolve) => silent.once('listening', resolve));
  const { port } = silent.address() as { port: number };
  const begun = Date.now();
  const { code, stderr } = await snoopy(['status'], { SNOOPY_SERVER: `127.0.0.1:${port}` });
  t.equal(code, 2);
  t.equal(stderr.trimEnd().split('\n').length, 1);
  t.ok(Date.now() - begun < 9_000);
});

t.test('a web proxy in the environment is not used', async (t) => {
  const server = await FakeAggregator.start({});
  t.teardown(() => server.stop());
  const { code } = await snoopy(['status', '--server', server.address], {
    http_proxy: 'http://127.0.0.1:1',
    grpc_proxy: 'http://127.0.0.1:1',
  });
  t.equal(code, 0);
});

const refused: readonly [string[], RegExp][] = [
  [['frob'], /unknown command 'frob'/],
  [['observe', '--frob'], /unknown option '--frob'/],
  [['observe', '--last', '-3'], /give a whole number from 0 to 65536/],
  [['observe', '--since', 'yesterday'], /give a time before now such as 5m/],
  [['observe', '-o', 'xml'], /give one of table, json/],
  [['observe', '-l', 'app=('], /The selector "app=\(" will not do: /],
  [['observe', '--port', 'http'], /"http" is no port/],
  [['observe', '--outcome', 'fine'], /"fine" is no outcome/],
  [['observe', '--not', 'colour=red'], /give KEY=VALUE with one of namespace, /],
  [['top', '--by', 'mood'], /give one of workload, pod, port, dns/],
  [['top', '--window', '0s'], /from 1s to 1h/],
  [['capture', '-s', '300000', '-w', 'x'], /from 0 to 262144/],
  [['capture', '-t', 'long', '-w', 'x'], /give a time such as 30s/],
  [['capture', '--max-bytes', 'much', '-w', 'x'], /give a number of bytes/],
  [['capture', '-w', 'a', '-o', 'b'], /Give -w or -o, not both/],
];

for (const [args, sentence] of refused) {
  t.test(args.join(' '), async (t) => {
    const { code, stdout, stderr } = await snoopyInProcess(args);
    t.strictSame([code, stdout], [1, '']);
    t.match(stderr, sentence);
    t.notMatch(stderr, /\n {4}at /);
  });
}

t.test('from the outside: exit code 1, nothing on standard output', async (t) => {
  for (const args of [['frob'], ['status', '--server', 'here'], ['observe', '--port', 'http']]) {
    t.match(await snoopy(args), { code: 1, stdout: '', stderr: /^[^\n]+\n(\(add --help.*\)\n)?$/ });
  }
});

t.test('--help of everything, with examples; --version', async (t) => {
  const commands = ['observe', 'status', 'top', 'capture'];
  const helps = await Promise.all(
    [[], ...commands.map((c) => [c])].map((c) => snoopyInProcess([...c, '--help'])),
  );
  for (const { code, stdout, stderr } of helps) {
    t.strictSame([code, stderr], [0, '']);
    t.ok(
      stdout.split('\n').every((line) => line.length <= 120),
      'lines of at most 120 columns',
    );
  }
  for (const [i, name] of commands.entries()) {
    t.match(helps[0]!.stdout, new RegExp(`^ +${name} `, 'm'));
    t.match(helps[i + 1]!.stdout, new RegExp(`Examples:\n +snoopy ${name}`));
  }
  t.match(helps[4]!.stdout, /wireshark -k -i -/);
  const version = await snoopy(['--version']);
  t.match(version, { code: 0, stdout: /^\d+\.\d+\.\d+\n$/ });
});
