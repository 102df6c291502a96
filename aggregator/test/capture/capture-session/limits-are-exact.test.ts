import t from 'tap';
import { CaptureRun } from '../../fakes/capture-run.js';
import { pod } from '../../fakes/fake-agents.js';
import { records } from '../records.js';
import { readCapture, readStatistics } from '../wireshark.js';

function two(start: Parameters<CaptureRun['start']>[0]): CaptureRun {
  const run = new CaptureRun();
  run.agents.podList = [pod('shop/web-1@node-a'), pod('shop/web-2@node-b')];
  run.start(start);
  return run;
}

/** `count` packets, a millisecond apart, from `first` on. */
function series(first: number, count: number, bytes?: number): Buffer {
  const us = 1_800_000_000e6;
  const mark = (i: number) => first + 2 * i;
  return records(
    Array.from({ length: count }, (_, i) => ({
      us: us + mark(i) * 1_000,
      mark: mark(i),
      ...(bytes ? { bytes } : {}),
    })),
  );
}

t.test('max_packets: the first N in order of time, of all pods together', async (t) => {
  const run = two({ maxPackets: 25 });
  const [a, b] = run.agents.tasks;
  t.equal(a!.task.capture!.maxPackets, 25, 'no agent needs to send more');
  await a!.send('uid-web-1', series(0, 25), 25);
  await b!.send('uid-web-2', series(1, 25), 25);
  t.ok(a!.stopped && b!.stopped);
  a!.report('TASK_STATE_DONE');
  b!.report('TASK_STATE_DONE');
  run.go(200);
  t.strictSame(
    readCapture(run.file).map((p) => p.mark),
    Array.from({ length: 25 }, (_, i) => i),
  );
  t.match(run.finished, {
    complete: true,
    summary: /^Complete: 25 packets .* The limit of 25 packets is reached\.$/,
  });
  t.match(readStatistics(run.file), [
    { delivered: 13, dropped: 0 },
    { delivered: 12, dropped: 0 },
  ]);
});

t.test(
  'max_bytes: the file is never larger, statistics included, and one more packet would not have fitted',
  async (t) => {
    for (const maxBytes of [65_536, 66_000, 70_001, 100_000]) {
      const run = two({ maxBytes });
      const [a, b] = run.agents.tasks;
      await a!.send('uid-web-1', series(0, 400, 300), 400);
      await b!.send('uid-web-2', series(1, 400, 300), 400);
      a!.report('TASK_STATE_DONE');
      b!.report('TASK_STATE_DONE');
      run.go(300);
      t.match(run.finished, { summary: /The limit of .* bytes is reached/ });
      t.ok(run.file.length <= maxBytes, `${run.file.length} of ${maxBytes}`);
      t.ok(run.file.length > maxBytes - 332 - 1, 'not an eager stop');
      t.equal(readStatistics(run.file).length, 2);
      t.ok(readCapture(run.file).length > 100);
    }
  },
);

t.test('max_bytes holds when drops and errors are told at the end', async (t) => {
  const run = two({ maxBytes: 65_536 });
  const [a, b] = run.agents.tasks;
  await a!.send('uid-web-1', series(0, 400, 300), 400);
  await b!.send('uid-web-2', series(1, 400, 300), 400);
  for (const task of [a!, b!]) {
    const [podUid] = task.uids;
    const error = 'x'.repeat(2_000);
    task.report('TASK_STATE_FAILED', [{ podUid: podUid!, interface: 'eth0', kernelDropped: 9, error }]);
  }
  run.go(300);
  t.ok(run.file.length <= 65_536);
  t.equal(readStatistics(run.file).length, 2);
});

t.test('max_seconds: nothing later than that, and the agents are told', async (t) => {
  const run = two({ maxSeconds: 2 });
  const [a, b] = run.agents.tasks;
  t.equal(a!.task.capture!.maxSeconds, 2);
  await a!.send('uid-web-1', series(1, 1_500), 1_500);
  b!.last('uid-web-2');
  run.go(1_900);
  t.notOk(a!.stopped);
  run.go(200);
  t.ok(a!.stopped);
  a!.report('TASK_STATE_DONE');
  run.go(300);
  const packets = readCapture(run.file);
  t.equal(packets.at(-1)!.time, '1800000001.999000000');
  t.equal(packets.length, 1_000);
  t.match(run.finished, { complete: true, summary: /It ran for 2 s as asked\./ });
});

t.test('max_packets: the last packet ends it though none comes after it', async (t) => {
  const run = two({ maxPackets: 10 });
  const [a, b] = run.agents.tasks;
  await a!.send('uid-web-1', series(0, 10), 10);
  run.go(1_500);
  t.ok(a!.stopped && b!.stopped);
  a!.report('TASK_STATE_DONE');
  b!.report('TASK_STATE_DONE', [{ podUid: 'uid-web-2', interface: 'eth0' }]);
  run.go(200);
  t.match(run.finished, { complete: true, summary: /10 packets .* is reached/ });
});
