import type { FlowMessage } from '@snoopy/proto';
import t from 'tap';
import { FakeAggregator, flow, view } from '../../fakes/fake-aggregator.js';
import { SnoopyProcess, snoopy } from '../../fakes/snoopy-process.js';

const single = (sequence: number): FlowMessage => flow({ views: [view(sequence)] });
const sequences = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { views: { sequence: number }[] }).views.map((v) => v.sequence));

t.test('it connects again, says so once, and shows no record twice', async (t) => {
  const first = await FakeAggregator.start({
    flows: (call) => call.write({ flows: [single(1), single(2)] }),
  });
  t.teardown(() => first.stop());
  const process = new SnoopyProcess(['observe', '-f', '-n', 'shop', '-o', 'json', '--server', first.address]);
  await process.sees(/"sequence":2/);
  first.stop();
  await process.sees(/is lost/);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const second = await FakeAggregator.start(
    {
      flows: (call) =>
        call.write({
          flows: [single(1), single(2), single(3), flow({ views: [view(2), view(4)] }), single(4)],
        }),
    },
    first.port,
  );
  t.teardown(() => second.stop());
  await process.sees(/"sequence":4/);
  process.kill('SIGINT');
  const { code, stdout, stderr } = await process.ended;
  t.equal(code, 0);
  t.strictSame(
    sequences(stdout),
    [[1], [2], [3], [2, 4]],
    'a record that came with a new one is shown with it',
  );
  t.equal(stderr.match(/is lost/g)!.length, 1);
  t.equal(stderr.match(/connected to .* again/g)!.length, 1);
  const again = second.flowsRequests[0]!;
  t.match(again, { follow: true, include: [{ namespaces: ['shop'] }], last: 0 });
  t.ok(again.since!.seconds <= Date.now() / 1_000 - 50, 'with an overlap');
});

t.test('with --no-reconnect it ends, and says why', async (t) => {
  const server = await FakeAggregator.start({ flows: (call) => call.write({ flows: [single(1)] }) });
  t.teardown(() => server.stop());
  const process = new SnoopyProcess(['observe', '-f', '--no-reconnect', '--server', server.address]);
  await process.sees(/web-1/);
  server.stop();
  const { code, stderr } = await process.ended;
  t.equal(code, 2);
  t.match(stderr, /^snoopy: The connection to the aggregator at .* failed/);
});

t.test('a request that is refused is not tried again', async (t) => {
  const server = await FakeAggregator.start({
    flows: (call) => call.emit('error', { code: 3, details: 'include[0].cidrs[0]: no address.' }),
  });
  t.teardown(() => server.stop());
  const { code, stderr } = await snoopy(['observe', '-f', '--ip', 'x', '--server', server.address]);
  t.strictSame([code, stderr], [1, 'snoopy: include[0].cidrs[0]: no address.\n']);
  t.equal(server.flowsRequests.length, 1);
});
