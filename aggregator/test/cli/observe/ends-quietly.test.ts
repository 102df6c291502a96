import { execFile } from 'node:child_process';
import t from 'tap';
import { FakeAggregator, type FlowsCall, flow } from '../../fakes/fake-aggregator.js';
import { SnoopyProcess } from '../../fakes/snoopy-process.js';

/** Flows without end, as fast as they are taken. */
function flood(call: FlowsCall): void {
  const flows = Array.from({ length: 100 }, () => flow({ views: [] }));
  const write = () => {
    while (!call.cancelled && call.write({ flows }));
  };
  call.on('drain', write);
  write();
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  t.test(`${signal} ends a follower with 0`, async (t) => {
    const server = await FakeAggregator.start({ flows: (call) => call.write({ flows: [flow()] }) });
    t.teardown(() => server.stop());
    const process = new SnoopyProcess(['observe', '-f', '--server', server.address]);
    await process.sees(/web-1/);
    process.kill(signal);
    const { code, stderr } = await process.ended;
    t.strictSame([code, stderr], [0, '']);
  });
}

t.test('SIGINT ends it though nobody reads its output', async (t) => {
  const server = await FakeAggregator.start({ flows: flood });
  t.teardown(() => server.stop());
  const process = new SnoopyProcess(['observe', '-f', '--server', server.address]);
  process.child.stdout!.pause();
  while (server.flowsRequests.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await new Promise((resolve) => setTimeout(resolve, 500));
  process.kill('SIGINT');
  const exit = await new Promise((resolve) => process.child.on('exit', resolve));
  t.equal(exit, 0);
  process.child.stdout!.resume();
  await process.ended;
});

t.test('a reader that has enough (head) ends it without a word', async (t) => {
  const server = await FakeAggregator.start({ flows: flood });
  t.teardown(() => server.stop());
  const main = new URL('../../../src/cli/main.js', import.meta.url).pathname;
  const command = `set -o pipefail; ${process.execPath} ${main} observe -f --server ${server.address} | head -n 3`;
  const result = await new Promise<{ error: Error | null; stdout: string; stderr: string }>((resolve) => {
    execFile('bash', ['-c', command], (error, stdout, stderr) => resolve({ error, stdout, stderr }));
  });
  t.equal(result.error, null, 'exit code 0');
  t.equal(result.stdout.trimEnd().split('\n').length, 3);
  t.equal(result.stderr, '');
});
