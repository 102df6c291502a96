import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { complete, incomplete, pieces, playing } from '../../fakes/capture-script.js';
import { FakeAggregator } from '../../fakes/fake-aggregator.js';
import { SnoopyProcess, snoopy } from '../../fakes/snoopy-process.js';

const folder = mkdtempSync(join(tmpdir(), 'snoopy-cli-'));
t.teardown(() => rmSync(folder, { recursive: true }));

t.test('the request, the file, the report', async (t) => {
  const { starts, capture } = playing(pieces, complete);
  const server = await FakeAggregator.start({ capture });
  t.teardown(() => server.stop());
  const path = join(folder, 'a.pcapng');
  const options = '-n shop -l app=web --pod web-1,web-2 -i eth0 -s 96 -c 10 --max-bytes 1MB -t 90s';
  const args = [
    'capture',
    ...options.split(' '),
    '-w',
    path,
    '--server',
    server.address,
    'tcp',
    'port',
    '80',
  ];
  const { code, stdout, stderr } = await snoopy(args);
  t.strictSame([code, stdout], [0, '']);
  t.match(starts, [
    {
      namespace: 'shop',
      selector: 'app=web',
      pods: ['web-1', 'web-2'],
      interfaces: ['eth0'],
      filter: 'tcp port 80',
      snaplen: 96,
      maxPackets: 10,
      maxBytes: 1_000_000,
      maxSeconds: 90,
    },
  ]);
  t.ok(readFileSync(path).equals(Buffer.concat(pieces)));
  t.equal(statSync(path).mode & 0o777, 0o600, 'packets are nobody else’s business');
  t.equal(
    stderr,
    'INTERFACE               PACKETS  BYTES  DROPPED\n' +
      'shop/web-1/eth0@node-a        3  180 B        0\n' +
      'Complete: 3 packets of 1 interface; nothing was dropped.\n',
  );
});

t.test('gaps: exit code 3, and the report says where', async (t) => {
  const server = await FakeAggregator.start(playing(pieces, incomplete));
  t.teardown(() => server.stop());
  const { code, stderr } = await snoopy([
    'capture',
    '-w',
    join(folder, 'b.pcapng'),
    '--server',
    server.address,
  ]);
  t.equal(code, 3);
  t.match(stderr, /eth0@node-a +3 +180 B +7 {2}gone\?\[2J\nIncomplete: /);
});

t.test('-o - and a pipe: the bytes and nothing else on standard output', async (t) => {
  const server = await FakeAggregator.start(playing(pieces, complete));
  t.teardown(() => server.stop());
  for (const args of [['-o', '-'], ['-w', '-'], []]) {
    const process = new SnoopyProcess(['capture', ...args, '--server', server.address]);
    const { code, stderr } = await process.ended;
    t.equal(code, 0);
    t.ok(process.bytes.equals(Buffer.concat(pieces)));
    t.match(stderr, /^INTERFACE/);
  }
});
