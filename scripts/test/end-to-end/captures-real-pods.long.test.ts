/* About 15 s alone on two cores, 25 s on a busy machine: real programs, real packets. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { Actor } from '../../src/rig/traffic.js';
import { datagrams } from './datagrams.js';
import { TwoNodes } from './two-nodes.js';

const SNOOPY = fileURLToPath(new URL('../../../../aggregator/build/src/cli/main.js', import.meta.url));

/** `snoopy capture` with everything it says. */
class Capture {
  stderr = '';
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor(
    server: string,
    readonly path: string,
    ...args: readonly string[]
  ) {
    this.child = spawn(process.execPath, [SNOOPY, 'capture', '--server', server, '-w', path, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolve) => this.child.on('close', resolve));
  }

  /** Resolves when the file has its header: both agents capture. */
  async begun(): Promise<void> {
    while (!existsSync(this.path) || statSync(this.path).size === 0) await sleep(50);
    await sleep(300);
  }

  async stop(): Promise<number | null> {
    this.child.kill('SIGINT');
    return this.ended;
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

t.test('captures', async (t) => {
  const nodes = await TwoNodes.start();
  t.teardown(() => nodes.stop());
  const [sender, receiver] = await Promise.all([Actor.start(nodes.sender), Actor.start(nodes.receiver)]);
  await receiver.do('udpServe', { port: 9 });
  const host = nodes.bridge.v4(nodes.receiver);

  await t.test(
    '1,000 numbered datagrams stand twice in the file, as each pod saw them, in order',
    async (t) => {
      const path = join(nodes.folder, 'a.pcapng');
      const capture = new Capture(nodes.server, path, '-n', 'test', 'udp', 'port', '9');
      await capture.begun();
      await sender.do('udpSend', { host, port: 9, count: 1_000, bytes: 100, perSecond: 1_000 });
      await sleep(500);
      t.equal(await capture.stop(), 0, capture.stderr);
      t.match(capture.stderr, /Complete: 2,000 packets of 2 interfaces; nothing was dropped/);
      const found = datagrams(path, 9);
      for (const name of ['test/sender/eth0@node-a', 'test/receiver/eth0@node-b']) {
        const numbers = found.filter(({ where }) => where === name).map(({ number }) => number);
        t.strictSame(
          numbers,
          Array.from({ length: 1_000 }, (_, i) => i),
          name,
        );
      }
      const times = found.map(({ time }) => time);
      t.ok(
        times.every((time, i) => i === 0 || time >= times[i - 1]!),
        'in order of time over both nodes',
      );
      t.match(execFileSync('capinfos', [path], { encoding: 'utf8' }), /Number of interfaces in file: 2/);
    },
  );

  await t.test('-c ends it at the packet', async (t) => {
    const path = join(nodes.folder, 'b.pcapng');
    const capture = new Capture(nodes.server, path, '-l', 'app=sender', '-c', '100', 'udp');
    await capture.begun();
    await sender.do('udpSend', { host, port: 9, count: 300, bytes: 100, perSecond: 1_000 });
    t.equal(await capture.ended, 0, capture.stderr);
    t.strictSame(
      datagrams(path, 9).map(({ number }) => number),
      Array.from({ length: 100 }, (_, i) => i),
    );
  });

  await t.test('a stopped reader: every packet is in the file or counted as dropped', async (t) => {
    const count = 150_000;
    const path = join(nodes.folder, 'c.pcapng');
    const capture = new Capture(nodes.server, path, '--pod', 'sender', 'udp', 'port', '9');
    await capture.begun();
    capture.child.kill('SIGSTOP');
    await sender.do('udpSend', { host, port: 9, count, bytes: 1_000 });
    await sleep(500);
    capture.child.kill('SIGCONT');
    await sleep(1_500);
    t.equal(await capture.stop(), 3, 'gaps are an exit code');
    const row = /eth0@node-a +([\d,]+) +\S+ \S+ +([\d,]+)/.exec(capture.stderr);
    const [inFile, dropped] = row!.slice(1).map((text) => Number(text.replaceAll(',', '')));
    t.ok(dropped! > 0, 'the case came up');
    t.equal(inFile! + dropped!, count, capture.stderr);
    const numbers = datagrams(path, 9).map(({ number }) => number);
    t.equal(numbers.length, inFile);
    const disordered = numbers.flatMap((number, i) => (number > (numbers[i - 1] ?? -1) ? [] : [i]));
    const around = disordered.slice(0, 3).map((i) => numbers.slice(Math.max(0, i - 2), i + 3));
    t.strictSame(around, [], 'those that are there are in order');
  });

  await t.test('what the agent refuses comes as its sentence, and there is no file', async (t) => {
    for (const [args, sentence] of [
      [['no', 'such', 'filter'], /^snoopy: .*(filter|syntax)/],
      [['-i', 'eth7'], /^snoopy: .*eth7/],
    ] as const) {
      const capture = new Capture(nodes.server, join(nodes.folder, 'd.pcapng'), '--pod', 'sender', ...args);
      t.equal(await capture.ended, 1);
      t.match(capture.stderr, sentence);
      t.notOk(existsSync(capture.path));
    }
  });
});
