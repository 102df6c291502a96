import { helpText, readSettings } from '@snoopy/proto';
import t from 'tap';
import { agentSchema, contradictions, intro } from '../../src/config.js';

const schema = agentSchema('node-1');
const read = (...argv: string[]) => readSettings(schema, argv, {});

t.test('one setting is enough', async (t) => {
  const { settings, problems } = read('--aggregator', '127.0.0.1:4244');
  t.same(problems, []);
  t.equal(settings!['node-name'], 'node-1');
  t.equal(settings!['packet-memory'], 64 << 20);
  t.same(settings!.http, { host: '0.0.0.0', port: 9_966 });
  t.same(contradictions(settings!), []);
});

t.test('every problem is a sentence, all at once', async (t) => {
  const { problems } = read(
    '--node-name',
    '../etc',
    '--select',
    'app in (a',
    '--flows',
    'maybe',
    '--packet-ring',
    '1',
    '--pods',
    'docker',
    '--interfaces',
    'a/b',
    '--http',
    'nowhere',
    '--log-level',
    'loud',
    '--unknown',
  );
  t.equal(problems.length, 10, problems.join('\n'));
  for (const flag of [
    'aggregator',
    'node-name',
    'select',
    'flows',
    'packet-ring',
    'pods',
    'interfaces',
    'http',
    'log-level',
    'unknown',
  ])
    t.ok(
      problems.some((problem) => problem.includes(`--${flag}`)),
      flag,
    );
});

t.test('a ring larger than the memory for rings is a contradiction', async (t) => {
  const { settings } = read('--aggregator', '[::1]:1', '--packet-ring', '8MiB', '--packet-memory', '4MiB');
  t.match(contradictions(settings!), [/packet-ring/]);
});

t.test('plain text leaves the machine only when that is said, and a token never does', async (t) => {
  const problems = (...argv: string[]) => contradictions(read(...argv).settings!);
  t.match(problems('--aggregator', '10.0.0.1:4244'), [/another machine: give --tls-dir .* or --plaintext/]);
  t.match(problems('--aggregator', '127.0.0.1.example:4244'), [/another machine/]);
  t.same(problems('--aggregator', '10.0.0.1:4244', '--plaintext'), []);
  t.same(problems('--aggregator', '10.0.0.1:4244', '--tls-dir', '/tls'), []);
  t.same(problems('--aggregator', 'localhost:4244'), []);
  t.match(problems('--aggregator', 'localhost:4244', '--token-file', '/t'), [/never sent in plain text/]);
  t.match(problems('--aggregator', 'a:1', '--plaintext', '--tls-dir', '/tls'), [/exclude each other/]);
});

t.test('the help names every setting and its variable', async (t) => {
  const help = helpText(intro, schema);
  for (const flag of Object.keys(schema)) t.match(help, `--${flag}`);
  t.match(help, 'SNOOPY_');
});
