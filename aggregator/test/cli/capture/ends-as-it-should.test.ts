import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { complete, pieces, playing } from '../../fakes/capture-script.js';
import { FakeAggregator } from '../../fakes/fake-aggregator.js';
import { SnoopyProcess } from '../../fakes/snoopy-process.js';

const folder = mkdtempSync(join(tmpdir(), 'snoopy-cli-'));
t.teardown(() => rmSync(folder, { recursive: true }));

t.test('a reader that has enough ends the capture without a word', async (t) => {
  let cancelled = false;
  const server = await FakeAggregator.start({
    capture: (call) => {
      const more = setInterval(() => call.write({ pcapng: pieces[0]! }), 10);
      call.on('cancelled', () => {
        cancelled = true;
        clearInterval(more);
      });
    },
  });
  t.teardown(() => server.stop());
  const process = new SnoopyProcess(['capture', '-o', '-', '--server', server.address]);
  await new Promise((resolve) => process.child.stdout!.once('data', resolve));
  process.child.stdout!.destroy();
  t.match(await process.ended, { code: 0, stderr: '' });
  t.ok(cancelled);
});

t.test('Ctrl-C asks for the end in good order', async (t) => {
  const server = await FakeAggregator.start(playing(pieces, complete, true));
  t.teardown(() => server.stop());
  const path = join(folder, 'd.pcapng');
  const process = new SnoopyProcess(['capture', '-w', path, '--server', server.address]);
  const size = () => (existsSync(path) ? statSync(path).size : 0);
  while (size() < 70_100) await new Promise((resolve) => setTimeout(resolve, 20));
  t.pass('the file can be read while it grows');
  process.kill('SIGINT');
  const { code, stderr } = await process.ended;
  t.equal(code, 0);
  t.match(stderr, /\nComplete: /);
});

t.test('the aggregator dies: the file stays, exit code 3', async (t) => {
  const server = await FakeAggregator.start(playing(pieces, complete, true));
  t.teardown(() => server.stop());
  const path = join(folder, 'e.pcapng');
  const process = new SnoopyProcess(['capture', '-w', path, '--server', server.address]);
  while (!existsSync(path) || statSync(path).size < 70_100)
    await new Promise((resolve) => setTimeout(resolve, 20));
  server.stop();
  const { code, stderr } = await process.ended;
  t.equal(code, 3);
  t.match(stderr, /failed.*\nIncomplete: .* the file holds what had come/);
  t.equal(statSync(path).size, 70_100);
});
