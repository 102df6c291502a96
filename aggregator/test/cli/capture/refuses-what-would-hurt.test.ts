import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { complete, pieces, playing } from '../../fakes/capture-script.js';
import { FakeAggregator } from '../../fakes/fake-aggregator.js';
import { snoopy, snoopyOnTerminal } from '../../fakes/snoopy-process.js';

const folder = mkdtempSync(join(tmpdir(), 'snoopy-cli-'));
t.teardown(() => rmSync(folder, { recursive: true }));

t.test('a file that is there is kept, and with --force replaced', async (t) => {
  const { starts, capture } = playing(pieces, complete);
  const server = await FakeAggregator.start({ capture });
  t.teardown(() => server.stop());
  const path = join(folder, 'c.pcapng');
  writeFileSync(path, 'precious');
  const args = ['capture', '-w', path, '--server', server.address];
  const { code, stderr } = await snoopy(args);
  t.strictSame([code, starts.length, readFileSync(path, 'utf8')], [1, 0, 'precious']);
  t.match(stderr, /c\.pcapng is there already: give another name, or --force/);
  t.equal((await snoopy([...args, '--force'])).code, 0);
  t.equal(readFileSync(path).length, 70_100);
});

t.test('a terminal gets no packets', async (t) => {
  const { starts, capture } = playing(pieces, complete);
  const server = await FakeAggregator.start({ capture });
  t.teardown(() => server.stop());
  for (const [args, sentence] of [
    [[], /Say where the packets go: -w FILE/],
    [['-o', '-'], /A terminal cannot show packets/],
  ] as const) {
    const { code, screen } = await snoopyOnTerminal(['capture', ...args, '--server', server.address]);
    t.equal(code, 1);
    t.match(screen, sentence);
  }
  t.equal(starts.length, 0);
});

t.test('a capture that is refused leaves no file', async (t) => {
  const server = await FakeAggregator.start({
    capture: (call) => call.emit('error', { code: 5, details: 'There is no pod named x: there are web-1.' }),
  });
  t.teardown(() => server.stop());
  const path = join(folder, 'f.pcapng');
  const { code, stderr } = await snoopy(['capture', '--pod', 'x', '-w', path, '--server', server.address]);
  t.strictSame([code, stderr], [1, 'snoopy: There is no pod named x: there are web-1.\n']);
  t.notOk(existsSync(path));
});

t.test('a folder that is not there, and a full disk, are said', async (t) => {
  const server = await FakeAggregator.start(playing(pieces, complete));
  t.teardown(() => server.stop());
  const missing = await snoopy(['capture', '-w', join(folder, 'no/x'), '--server', server.address]);
  t.match(missing, { code: 1, stderr: /cannot be written/ });
  const full = await snoopy(['capture', '-w', '/dev/full', '--server', server.address]);
  t.match(full, { code: 1, stderr: /The disk is full/ });
});
