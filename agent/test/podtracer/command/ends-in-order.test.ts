import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { eventually } from '../../eventually.js';
import { startPodtracer } from '../podtracer-command.js';
import { twoPods } from '../two-pods.js';

const { source, web, client, webAddress, dir, close } = twoPods();
t.teardown(close);
const capture = ['run', 'tcpdump', '--pod', 'web-0', '-n', 'shop'];
const alive = (): number => web.pids().length;

/** Frames in a pcap file of one packet size. */
function frames(pcap: Buffer): number {
  let count = 0;
  for (let at = 24; at < pcap.length; count++) at += 16 + pcap.readUInt32LE(at + 8);
  return count;
}

t.test('the timer stops the tool, what it held is flushed, and that is a success', async (t) => {
  const file = join(dir, 'timer.pcap');
  const args = ['-a', "-i eth0 -w - 'icmp[0] == 8'", '-t', '1500ms', '-f', file];
  const running = startPodtracer(source, ...capture, ...args);
  await eventually(() => running.stderr().includes('listening on eth0'));
  client.run('busybox', 'ping', '-c', '3', '-i', '0.1', webAddress);
  const end = await running.ended;
  t.equal(end.code, 0, end.stderr);
  t.match(end.stderr, /3 packets captured/);
  t.equal(frames(readFileSync(file)), 3);
  t.equal(alive(), 0);
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  t.test(`${signal} stops the tool, flushes, and ends with ${code}`, async (t) => {
    const running = startPodtracer(source, ...capture, '-a', '-i eth0 -w -');
    await eventually(() => running.stderr().includes('listening on eth0'));
    running.child.kill(signal);
    const end = await running.ended;
    t.equal(end.code, code, end.stderr);
    t.match(end.stderr, /packets captured/);
    t.equal(end.stdout.readUInt32LE(0), 0xa1b2c3d4, 'the pcap header was still in tcpdump’s buffer');
    t.equal(alive(), 0);
  });
}

t.test('SIGKILL leaves no tool behind', async (t) => {
  const running = startPodtracer(source, ...capture, '-a', '-i eth0 -w -');
  await eventually(() => running.stderr().includes('listening on eth0'));
  running.child.kill('SIGKILL');
  await running.ended;
  await eventually(() => alive() === 0, 2_000);
  t.equal(alive(), 0);
});

t.test('a reader that leaves ends it', async (t) => {
  const running = startPodtracer(source, 'run', 'ss', '-a', '-tunap', '--pod', 'web-0', '-n', 'shop');
  running.child.stdout!.destroy();
  const end = await running.ended;
  t.equal(end.code, 141);
  t.equal(end.stderr, '');
});

t.test('a pod that goes ends it, even where the tool would not notice', async (t) => {
  const running = startPodtracer(source, ...capture, '-a', '-i any -w -');
  await eventually(() => running.stderr().includes('listening on any'));
  // Only the name goes: the namespace and its devices live on as long as the tool is inside.
  execFileSync('umount', ['-l', web.path]);
  const end = await running.ended;
  t.equal(end.code, 125);
  t.match(end.stderr, /podtracer: the sandbox of pod shop\/web-0 does not run/);
});
