import t from 'tap';
import { helpText, parse, readSettings, variableOf } from '../../src/index.js';

const schema = {
  aggregator: { value: 'HOST:PORT', help: 'Where to send.', parse: parse.hostPort },
  'packet-memory': { value: 'BYTES', help: 'Rings.', fallback: '64MiB', parse: parse.bytes },
  quiet: { value: '', help: 'Say less.', fallback: 'false', parse: parse.yesNo },
};

t.test('a flag wins over its variable, which wins over the default', async (t) => {
  const env = { SNOOPY_AGGREGATOR: 'env:1', SNOOPY_PACKET_MEMORY: '1k' };
  const { settings } = readSettings(schema, ['--aggregator', 'flag:2', '--quiet'], env);
  t.same(settings, { aggregator: { host: 'flag', port: 2 }, 'packet-memory': 1_000, quiet: true });
  t.equal(readSettings(schema, ['--aggregator=x:1'], {}).settings?.['packet-memory'], 64 << 20);
});

t.test('all problems are reported at once', async (t) => {
  const { settings, problems } = readSettings(schema, ['--packet-memory', 'much', '--nonsense', 'stray'], {});
  t.equal(settings, undefined);
  t.equal(problems.length, 4);
  for (const part of ['--aggregator', '--packet-memory', '--nonsense', 'stray']) {
    t.ok(
      problems.some((problem) => problem.includes(part)),
      part,
    );
  }
});

t.test('a flag without its value is a problem, not a crash', async (t) => {
  t.match(readSettings(schema, ['--aggregator'], {}).problems[0], /needs a value/);
});

t.test('the help names every flag, its unit and its default', async (t) => {
  const text = helpText('snoopy-x: a program.', schema);
  for (const part of ['--aggregator HOST:PORT', 'must be given', 'default: 64MiB', '--version'])
    t.match(text, part);
  t.equal(variableOf('packet-memory'), 'SNOOPY_PACKET_MEMORY');
});
