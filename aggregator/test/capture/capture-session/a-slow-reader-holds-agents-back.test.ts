import t from 'tap';
import { CaptureRun } from '../../fakes/capture-run.js';
import { pod } from '../../fakes/fake-agents.js';
import { records } from '../records.js';
import { readCapture } from '../wireshark.js';

t.test('chunks are not acknowledged while more than 4 MiB wait, and memory is bounded by them', async (t) => {
  const run = new CaptureRun();
  run.agents.podList = [pod('shop/web-1@node-a')];
  run.start({});
  run.ready = false;
  const [task] = run.agents.tasks;
  let number = 0;
  const chunk = () =>
    records(Array.from({ length: 180 }, () => ({ us: run.clock.us + number, mark: number++, bytes: 1_400 })));
  let taken = 0;
  const sends: Promise<void>[] = [];
  for (let i = 0; i < 40; i++) sends.push(task!.send('uid-web-1', chunk(), 180).then(() => void taken++));
  await new Promise((resolve) => setImmediate(resolve));
  t.ok(taken >= 10 && taken <= 18, `${taken} chunks of 255 kB were acknowledged`);
  const before = run.responses.length;
  run.go(30_000);
  t.equal(run.responses.length, before, 'nothing is sent to a reader that does not read');

  run.ready = true;
  run.session.resume();
  await Promise.all(sends);
  run.finish();
  const packets = readCapture(run.file);
  t.strictSame(
    [packets.length, packets.every((p, i) => p.mark === i)],
    [40 * 180, true],
    'everything is there, in order',
  );
  t.match(run.finished, { complete: true });
});

t.test('a stop while the reader does not read is finished when it reads again', async (t) => {
  const run = new CaptureRun();
  run.agents.podList = [pod('shop/web-1@node-a')];
  run.start({});
  run.ready = false;
  await run.agents.tasks[0]!.send('uid-web-1', records([{ us: run.clock.us }]), 1);
  run.session.stop('');
  run.agents.tasks[0]!.report('TASK_STATE_DONE');
  run.go(60_000);
  t.notOk(run.finished);
  run.ready = true;
  run.session.resume();
  run.go(200);
  t.match(run.finished, { complete: true });
});

t.test(
  'when other captures need the agents, it holds them up for a second, then drops and counts',
  async (t) => {
    const run = new CaptureRun();
    run.agents.podList = [pod('shop/web-1@node-a')];
    run.alone = false;
    run.start({});
    run.ready = false;
    const [task] = run.agents.tasks;
    let taken = 0;
    const chunk = () => records(Array.from({ length: 180 }, () => ({ us: run.clock.us, bytes: 1_400 })));
    for (let i = 0; i < 25; i++) void task!.send('uid-web-1', chunk(), 180).then(() => taken++);
    run.go(900);
    await new Promise((resolve) => setImmediate(resolve));
    t.ok(taken < 25, 'held up');
    run.go(400);
    for (let i = 0; i < 10; i++) void task!.send('uid-web-1', chunk(), 180).then(() => taken++);
    await new Promise((resolve) => setImmediate(resolve));
    t.equal(taken, 35, 'let go');
    run.ready = true;
    run.session.resume();
    run.finish();
    t.equal(readCapture(run.file).length, 25 * 180);
    t.match(run.finished, { complete: false, targets: [{ packets: 25 * 180, aggregatorDropped: 10 * 180 }] });
  },
);
