import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { CaptureServer } from '../../fakes/capture-server.js';
import { type FakeTask, pod } from '../../fakes/fake-agents.js';
import { SnoopyProcess, snoopy } from '../../fakes/snoopy-process.js';
import { records } from '../records.js';
import { capinfos, readCapture, readStatistics } from '../wireshark.js';

const folder = mkdtempSync(join(tmpdir(), 'snoopy-service-'));
t.teardown(() => rmSync(folder, { recursive: true }));

async function shop(t: { teardown(end: () => void): void }): Promise<CaptureServer> {
  const server = await CaptureServer.start();
  t.teardown(() => server.stop());
  server.agents.podList = [pod('shop/web-1@node-a'), pod('shop/web-2@node-b')];
  return server;
}

/** Sends `count` packets in chunks of 100, each when the one before is taken; ends when stopped. */
async function stream(task: FakeTask, count: number, sent: () => void = () => {}): Promise<void> {
  const [uid] = task.uids;
  const beginUs = 1_800_000_000e6;
  for (let at = 0; at < count && !task.stopped; at += 100) {
    const us = beginUs + at * 10;
    await new Promise(setImmediate);
    await task.send(
      uid!,
      records(Array.from({ length: 100 }, (_, i) => ({ us: us + i * 10, mark: at + i, bytes: 600 }))),
      100,
    );
  }
  sent();
  while (!task.stopped) await new Promise((resolve) => setTimeout(resolve, 20));
  task.last(uid!);
  task.report('TASK_STATE_DONE', [{ podUid: uid!, interface: 'eth0', packets: count }]);
}

t.test(
  '40,000 packets of two agents arrive in a file, each agent in its own order, and the statement is right',
  async (t) => {
    const server = await shop(t);
    const streams: Promise<void>[] = [];
    let sent = 0;
    server.agents.onStart = (task) =>
      streams.push(new Promise(setImmediate).then(() => stream(task, 20_000, () => sent++)));
    const path = join(folder, 'a.pcapng');
    const process = new SnoopyProcess(['capture', '-n', 'shop', '-w', path, '--server', server.address]);
    while (sent < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    process.kill('SIGINT');
    const { code, stderr } = await process.ended;
    await Promise.all(streams);
    t.match(stderr, /Complete: 40,000 packets of 2 interfaces; nothing was dropped\. It was stopped\.\n$/);
    t.equal(code, 0);
    const file = readFileSync(path);
    const packets = readCapture(file);
    for (const name of ['shop/web-1/eth0@node-a', 'shop/web-2/eth0@node-b']) {
      const marks = packets.filter((p) => p.interface === name).map((p) => p.mark);
      t.strictSame([marks.length, marks.every((mark, i) => mark === i)], [20_000, true], name);
    }
    t.match(readStatistics(file), [{ delivered: 20_000, dropped: 0 }, { delivered: 20_000 }]);
    t.match(capinfos(file), /Number of packets: +40 k/);
  },
);

t.test('a killed client ends the tasks of all agents within a second', async (t) => {
  const server = await shop(t);
  const process = new SnoopyProcess(['capture', '-o', '-', '--server', server.address]);
  while (server.agents.tasks.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
  process.kill('SIGKILL');
  await process.ended;
  const deadline = Date.now() + 2_000;
  while (server.service.running > 0 && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 20));
  t.equal(server.service.running, 0);
  t.ok(server.agents.tasks.every((task) => task.stopped && task.forgotten));
});

t.test('what cannot be is refused with a sentence', async (t) => {
  const server = await shop(t);
  const refused: readonly [string[], string][] = [
    [['--pod', 'nobody'], 'There is no pod named nobody: there are web-1, web-2.'],
    [['-n', 'blog'], 'There is no pod in the namespace blog: the namespaces with pods are shop.'],
    [['-l', 'app=('], 'The selector "app=(" will not do: '],
    [['--', '-w/x'], 'A filter does not begin with "-": -w/x.'],
  ];
  for (const [args, sentence] of refused) {
    const { code, stderr } = await snoopy(['capture', '-o', '-', '--server', server.address, ...args]);
    t.equal(code, 1);
    t.ok(stderr.startsWith(`snoopy: ${sentence}`), stderr);
  }
  t.equal(server.agents.tasks.length, 0);
});

t.test('a shutdown of the aggregator ends captures with their statements', async (t) => {
  const server = await shop(t);
  let sent = false;
  server.agents.onStart = (task) => {
    void stream(task, 100, () => {
      sent = true;
    });
  };
  const path = join(folder, 'b.pcapng');
  const process = new SnoopyProcess(['capture', '--pod', 'web-1', '-w', path, '--server', server.address]);
  while (!sent) await new Promise((resolve) => setTimeout(resolve, 20));
  await server.service.stop();
  const { code, stderr } = await process.ended;
  t.match(stderr, /Complete: 100 packets .* The aggregator is shutting down\.\n$/);
  t.equal(code, 0);
});
