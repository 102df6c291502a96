import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CaptureProgressMessage, CaptureStart } from '@snoopy/proto';
import t from 'tap';
import { type CaptureCall, FakeAggregator } from '../../fakes/fake-aggregator.js';
import { SnoopyProcess, snoopy, snoopyOnTerminal } from '../../fakes/snoopy-process.js';

const target = {
  namespace: 'shop',
  pod: 'web-1',
  node: 'node-a',
  interface: 'eth0',
  packets: 3,
  bytes: 180,
  done: true,
};
const complete: CaptureProgressMessage = {
  targets: [target],
  complete: true,
  summary: 'Complete: 3 packets of 1 interface; nothing was dropped.',
};
const incomplete: CaptureProgressMessage = {
  targets: [{ ...target, kernelDropped: 7, error: 'gone\u001b[2J' }],
  complete: false,
  summary: 'Incomplete: 3 packets of 1 interface; dropped 7 by the kernel.',
};

/** Sends `pieces`, then waits for a stop if told to, then finishes. */
function playing(pieces: readonly Buffer[], finished: CaptureProgressMessage, untilStop = false) {
  const starts: CaptureStart[] = [];
  const capture = (call: CaptureCall) => {
    const finish = () => {
      call.write({ finished });
      call.end();
    };
    call.on('data', (request) => {
      if (request.stop) return finish();
      starts.push(request.start!);
      call.write({ started: { targets: [target] } });
      for (const pcapng of pieces) call.write({ pcapng });
      if (!untilStop) finish();
    });
  };
  return { starts, capture };
}

const pieces = [Buffer.alloc(70_000, 1), Buffer.alloc(100, 2)];
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
