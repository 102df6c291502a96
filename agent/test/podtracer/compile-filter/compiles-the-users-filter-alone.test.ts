import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { createPodtracer } from '../../../src/podtracer/create-podtracer.js';

const podtracer = createPodtracer({
  watch: () => () => {},
  list: async () => [],
  locate: async () => undefined,
  close() {},
});

t.test('a filter that tcpdump takes is taken', async (t) => {
  for (const filter of [
    'tcp',
    'tcp port 80 or (udp and net 10.0.0.0/8)',
    'tcp[13] & 2 != 0',
    'ip6 and not icmp6',
  ]) {
    await t.resolves(podtracer.compileFilter(filter), filter);
  }
});

const refused: readonly (readonly [string, RegExp])[] = [
  ['tcp port', /the capture filter is refused: can't parse filter expression: syntax error; see pcap-filter/],
  ['tcp) or (udp', /syntax error/],
  ['port 99999', /illegal port number/],
  ['', /it is empty/],
  ['   ', /it is empty/],
  ['-w/x', /no word in it may begin with -/],
  ['tcp -z x', /no word in it may begin with -/],
  ['tcp\n-w x', /control characters/],
  [`tcp ${'or tcp '.repeat(200)}`, /longer than 1024 bytes/],
];
for (const [filter, message] of refused) {
  t.test(`refused with a sentence: ${JSON.stringify(filter.slice(0, 20))}`, async (t) => {
    await t.rejects(podtracer.compileFilter(filter), { name: 'SnoopyError', code: 'BAD_INPUT', message });
  });
}

t.test('a filter that would be an option writes no file', async (t) => {
  const path = join(tmpdir(), `snoopy-filter-${process.pid}`);
  t.teardown(() => rmSync(path, { force: true }));
  for (const filter of [`-w${path}`, `tcp or -w${path}`]) await t.rejects(podtracer.compileFilter(filter));
  t.equal(existsSync(path), false);
});
