import { readFileSync } from 'node:fs';
import * as grpc from '@grpc/grpc-js';
import { DataEndpointClient, type PodData } from '@snoopy/proto';
import t, { type Test } from 'tap';
import { eventually } from '../../eventually.js';
import { podtracer, startPodtracer } from '../podtracer-command.js';
import { twoPods } from '../two-pods.js';

const { source, web, close } = twoPods();
t.teardown(close);

type Call = grpc.ServerDuplexStream<PodData, { message: string }>;

/** A collector as the original's clients know it; `serve` is its behaviour. */
async function collector(
  t: Test,
  serve: (call: Call) => void,
): Promise<{ port: string; server: grpc.Server }> {
  const server = new grpc.Server();
  server.addService(DataEndpointClient.service, { ExportPodData: serve as never });
  const port = await new Promise<number>((resolve, reject) => {
    const credentials = grpc.ServerCredentials.createInsecure();
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  t.teardown(() => server.forceShutdown());
  return { port: `${port}`, server };
}

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1_024;
}

const to = (port: string, ...more: string[]): string[] => [
  ...['--pod', 'web-0', '-n', 'shop', '-d', '127.0.0.1', '-p', port, ...more],
];

t.test('everything goes through one stream under the pod’s name, and every answer is awaited', async (t) => {
  let calls = 0;
  const messages: PodData[] = [];
  const { port } = await collector(t, (call) => {
    calls++;
    call.on('data', (message: PodData) => {
      messages.push(message);
      call.write({ message: 'Received' });
    });
    call.on('end', () => call.end());
  });
  const end = await podtracer(source, 'run', 'nstat', '-a', '-z', ...to(port, '-s'));
  t.equal(end.code, 0, end.stderr);
  t.equal(calls, 1);
  t.same(new Set(messages.map(({ name }) => name)), new Set(['web-0']));
  t.same(Buffer.concat(messages.map(({ data }) => data)), end.stdout);
});

t.test(
  'a collector that takes nothing holds the tool, not the memory; all arrives when it goes on',
  async (t) => {
    let bytes = 0;
    let held: Call | undefined;
    const { port } = await collector(t, (call) => {
      held = call;
      call.on('data', (message: PodData) => {
        bytes += message.data.length;
        call.write({ message: 'Received' });
      });
      call.on('end', () => call.end());
      call.pause();
    });
    const running = startPodtracer(source, 'run', 'tcpdump', '-a', '-i eth0 -U -w -', ...to(port));
    await eventually(() => running.stderr().includes('listening on eth0'));
    const rss = (): number => residentBytes(running.child.pid!);
    const before = rss();
    // 120 MB in datagrams to a neighbour that is not there.
    web.run('ip', 'neigh', 'add', '10.77.0.200', 'lladdr', '02:00:00:00:00:01', 'dev', 'eth0');
    web.run('bash', '-c', 'dd if=/dev/zero bs=60000 count=2000 status=none >/dev/udp/10.77.0.200/9');
    await new Promise((resolve) => setTimeout(resolve, 500));
    t.ok(rss() - before < 24 << 20, `memory grew by ${rss() - before} bytes while the collector slept`);
    t.equal(bytes, 0);
    held!.resume();
    await eventually(() => bytes > 1 << 20);
    running.child.kill('SIGINT');
    const end = await running.ended;
    t.equal(end.code, 130, end.stderr);
  },
);

t.test('a collector that does not answer what it got is an error', async (t) => {
  const { port } = await collector(t, (call) => {
    call.resume();
    call.on('end', () => call.end());
  });
  const end = await podtracer(source, 'run', 'ip', '-a', 'addr', ...to(port));
  t.match(end, { code: 125, stderr: /collector 127.0.0.1:\d+ answered 0 of \d+ messages/ });
});

t.test('a collector that dies ends the tool and is an error', async (t) => {
  const { port, server } = await collector(t, (call) => call.resume());
  const running = startPodtracer(source, 'run', 'tcpdump', '-a', '-i eth0', ...to(port));
  await eventually(() => running.stderr().includes('listening on eth0'));
  server.forceShutdown();
  const end = await running.ended;
  t.equal(end.code, 125, end.stderr);
  t.match(end.stderr, /podtracer: collector 127.0.0.1:\d+ failed/);
  t.equal(web.pids().length, 0);
});

t.test('a collector that refuses says why', async (t) => {
  const { port } = await collector(t, (call) => {
    call.emit('error', { code: grpc.status.RESOURCE_EXHAUSTED, details: 'the disk is full' });
  });
  const end = await podtracer(source, 'run', 'tcpdump', '-a', '-i eth0', ...to(port, '-t', '10s'));
  t.match(end, { code: 125, stderr: /failed: the disk is full/ });
});
