import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { makeFlow, makePod } from '../../fakes/flow.js';
import { serveObserver } from '../../fakes/observer.js';

/** Follows and prints how many flows came and were lost, ten times a second. */
const client = `
  import * as grpc from '@grpc/grpc-js';
  import { ObserverClient } from '@snoopy/proto';
  let flows = 0, lost = 0;
  const stream = new ObserverClient('127.0.0.1:' + process.argv[1], grpc.credentials.createInsecure()).getFlows({ follow: true });
  stream.on('metadata', () => process.stdout.write('ready\\n'));
  stream.on('data', (message) => {
    flows += message.flows.length;
    for (const loss of message.lost) lost += loss.count;
  });
  setInterval(() => process.stdout.write(JSON.stringify({ flows, lost }) + '\\n'), 100);
`;

const root = fileURLToPath(new URL('../../../../', import.meta.url));

class Client {
  readonly child: ChildProcess;
  last = { flows: 0, lost: 0 };
  ready = false;

  constructor(port: number) {
    this.child = spawn(process.execPath, ['--input-type=module', '-e', client, String(port)], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.child.stdout!.on('data', (data: Buffer) => {
      for (const line of String(data).trim().split('\n')) {
        if (line === 'ready') this.ready = true;
        else this.last = JSON.parse(line);
      }
    });
  }
}

async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 1_500 && !what(); i++) await new Promise((resolve) => setTimeout(resolve, 20));
}

t.test('SIGSTOP: memory is bounded, others get all, the loss is told when it goes on', async (t) => {
  const { fanOut, port } = await serveObserver(t);
  const [stopped, other] = [new Client(port), new Client(port)];
  t.teardown(() => {
    for (const { child } of [stopped, other]) child.kill('SIGKILL');
  });
  await until(() => stopped.ready && other.ready);
  stopped.child.kill('SIGSTOP');
  const flow = makeFlow({ sourcePod: makePod('web'), destinationPod: makePod('api'), viewCount: 2 });
  global.gc?.();
  const before = process.memoryUsage();
  const total = 120_000;
  for (let i = 0; i < total; i += 1_000) {
    for (let j = 0; j < 1_000; j++) fanOut.ring.take(flow);
    await new Promise((resolve) => setTimeout(resolve, 10));
    // The other one keeps up, on a busy machine too: the ring's length is not what is tested here.
    await until(() => other.last.flows + 20_000 > i);
  }
  await until(() => other.last.flows === total);
  t.equal(other.last.flows, total);
  t.equal(other.last.lost, 0);
  const after = process.memoryUsage();
  const grown = (after.external - before.external) / 2 ** 20;
  t.ok(grown < 16, `${grown.toFixed(1)} MiB more outside of the heap`);
  stopped.child.kill('SIGCONT');
  await until(() => stopped.last.flows + stopped.last.lost === total);
  t.equal(stopped.last.flows + stopped.last.lost, total);
  t.ok(stopped.last.lost >= total - 65_536 - 10_000, `${stopped.last.lost} lost`);
});
