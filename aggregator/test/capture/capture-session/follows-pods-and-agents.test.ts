import t from 'tap';
import { CaptureRun } from '../../fakes/capture-run.js';
import { pod } from '../../fakes/fake-agents.js';
import { records } from '../records.js';
import { readCapture } from '../wireshark.js';

t.test('a pod that matches later joins within a second, with an interface of its own', async (t) => {
  const run = new CaptureRun();
  run.agents.podList = [pod('shop/web-1@node-a')];
  run.start({ namespace: 'shop' });
  await run.agents.tasks[0]!.send('uid-web-1', records([{ us: run.clock.us, mark: 1 }]), 1);
  run.agents.podList.push(pod('shop/web-2@node-b'), pod('ops/x@node-b'));
  run.go(1_000);
  t.strictSame(
    run.agents.tasks.map((task) => task.uids),
    [['uid-web-1'], ['uid-web-2']],
  );
  await run.agents.tasks[1]!.send('uid-web-2', records([{ us: run.clock.us, mark: 2 }]), 1);
  run.finish();
  t.strictSame(
    readCapture(run.file).map((p) => p.interface),
    ['shop/web-1/eth0@node-a', 'shop/web-2/eth0@node-b'],
  );
  t.match(run.finished, { complete: true });
});

t.test('a pod that went is done, and the others go on', async (t) => {
  const run = new CaptureRun();
  run.agents.podList = [pod('shop/web-1@node-a'), pod('shop/web-2@node-a')];
  run.start({});
  const [task] = run.agents.tasks;
  task!.last('uid-web-1');
  run.agents.podList.shift();
  run.go(3_000);
  t.equal(run.agents.tasks.length, 1);
  await task!.send('uid-web-2', records([{ us: run.clock.us, mark: 2 }]), 1);
  run.finish();
  t.equal(readCapture(run.file).length, 1);
  t.match(run.finished, { complete: true });
});

t.test('a lost agent ends its part with an error, and joins again when it is back', async (t) => {
  const run = new CaptureRun();
  run.agents.podList = [pod('shop/web-1@node-a'), pod('shop/web-2@node-b')];
  run.start({});
  await run.agents.tasks[0]!.send('uid-web-1', records([{ us: run.clock.us, mark: 1 }]), 1, {
    kernelDropped: 2,
  });
  run.agents.lose('node-a');
  t.ok(run.agents.tasks[0]!.forgotten);
  run.go(2_000);
  const target = () => run.responses.at(-1)!.progress!.targets!.find((each) => each.pod === 'web-1')!;
  t.match(target(), { done: true, error: /connection to the agent on node-a was lost/ });
  run.agents.connected.add('node-a');
  run.go(2_000);
  t.equal(target().done, false);
  t.equal(run.agents.tasks.length, 3);
  await run.agents.tasks[2]!.send('uid-web-1', records([{ us: run.clock.us, mark: 2 }]), 1, {
    kernelDropped: 3,
  });
  run.finish();
  t.strictSame(
    readCapture(run.file).map((p) => [p.mark, p.interface]),
    [
      [1, 'shop/web-1/eth0@node-a'],
      [2, 'shop/web-1/eth0@node-a'],
    ],
  );
  t.match(run.finished, { complete: false, summary: /^Incomplete: .*node-a was lost/ });
  t.match(run.finished!.targets, [{ kernelDropped: 5, packets: 2 }, {}], 'both runs count');
});

t.test('an agent that does not answer the stop is not waited for longer than a few seconds', async (t) => {
  const run = new CaptureRun();
  run.agents.podList = [pod('shop/web-1@node-a')];
  run.start({});
  await run.agents.tasks[0]!.send('uid-web-1', records([{ us: run.clock.us }]), 1);
  run.session.stop('It was stopped.');
  t.ok(run.agents.tasks[0]!.stopped);
  run.go(6_000);
  t.match(run.finished, { complete: false, summary: /did not say that it ended.* It was stopped\.$/ });
  t.equal(readCapture(run.file).length, 1);
});

t.test('cancelling stops every agent at once and lets every stream go on', async (t) => {
  const run = new CaptureRun();
  run.agents.podList = [pod('shop/web-1@node-a'), pod('shop/web-2@node-b')];
  run.start({});
  run.ready = false;
  const big = records(Array.from({ length: 180 }, () => ({ us: run.clock.us, bytes: 1_400 })));
  const sends = Array.from({ length: 30 }, () => run.agents.tasks[0]!.send('uid-web-1', big, 180));
  run.session.cancel();
  t.strictSame(
    run.agents.tasks.map(({ stopped, forgotten }) => [stopped, forgotten]),
    [
      [true, true],
      [true, true],
    ],
  );
  await Promise.all(sends);
  t.ok(run.session.ended);
});
