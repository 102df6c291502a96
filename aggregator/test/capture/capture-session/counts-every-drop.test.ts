import t from 'tap';
import { CaptureRun } from '../../fakes/capture-run.js';
import { pod } from '../../fakes/fake-agents.js';
import { records } from '../records.js';
import { readCapture, readStatistics } from '../wireshark.js';

function one(): CaptureRun {
  const run = new CaptureRun();
  run.agents.podList = [pod('shop/web-1@node-a')];
  run.start({});
  return run;
}

t.test(
  'drops of kernel and agent are in the statistics, in a comment at the gap, and in the statement',
  async (t) => {
    const run = one();
    const [task] = run.agents.tasks;
    const { us } = run.clock;
    await task!.send('uid-web-1', records([{ us, mark: 1 }]), 1);
    await task!.send('uid-web-1', records([{ us: us + 5, mark: 2 }]), 1, {
      firstPacket: 4,
      kernelDropped: 10,
      agentDropped: 3,
    });
    await task!.send('uid-web-1', records([{ us: us + 9, mark: 3 }]), 1, {
      kernelDropped: 10,
      agentDropped: 3,
    });
    run.finish();
    const packets = readCapture(run.file);
    t.strictSame(
      packets.map((p) => p.comment !== ''),
      [false, true, false],
    );
    t.match(packets[1]!.comment, /^snoopy: 13 packets .*10 by the kernel, 3 by the agent/);
    t.strictSame(readStatistics(run.file), [{ received: 16, dropped: 13, byKernel: 10, delivered: 3 }]);
    t.match(run.finished, { complete: false, summary: /dropped 10 by the kernel, 3 by the agent/ });
  },
);

t.test('a gap in the numbers counts though the agent does not mention it', async (t) => {
  const run = one();
  const [task] = run.agents.tasks;
  await task!.send('uid-web-1', records([{ us: run.clock.us }]), 1);
  await task!.send('uid-web-1', records([{ us: run.clock.us }]), 1, { firstPacket: 6 });
  run.finish();
  t.match(run.finished, { complete: false, targets: [{ packets: 2, agentDropped: 5 }] });
});

t.test('the last drops come with the report, after the last packet', async (t) => {
  const run = one();
  const [task] = run.agents.tasks;
  await task!.send('uid-web-1', records([{ us: run.clock.us }]), 1);
  run.session.stop('');
  task!.report('TASK_STATE_DONE', [{ podUid: 'uid-web-1', interface: 'eth0', packets: 1, kernelDropped: 4 }]);
  run.go(200);
  t.match(run.finished, { complete: false, targets: [{ kernelDropped: 4 }] });
  t.match(readStatistics(run.file), [{ dropped: 4 }]);
});

t.test('the report may overtake the last packets; they are waited for', async (t) => {
  const run = one();
  const [task] = run.agents.tasks;
  run.session.stop('');
  task!.report('TASK_STATE_DONE', [{ podUid: 'uid-web-1', interface: 'eth0', packets: 2 }]);
  run.go(500);
  t.notOk(run.finished);
  await task!.send('uid-web-1', records([{ us: run.clock.us }, { us: run.clock.us }]), 2);
  run.go(200);
  t.match(run.finished, { complete: true, targets: [{ packets: 2 }] });
});

t.test('packets that never come are counted as lost here', async (t) => {
  const run = one();
  run.session.stop('');
  run.agents.tasks[0]!.report('TASK_STATE_DONE', [{ podUid: 'uid-web-1', interface: 'eth0', packets: 2 }]);
  run.go(3_000);
  t.match(run.finished, { complete: false, targets: [{ aggregatorDropped: 2, error: /did not arrive/ }] });
});

t.test('bytes that are no packets are counted as lost here, and the capture goes on', async (t) => {
  const run = one();
  const [task] = run.agents.tasks;
  await task!.send('uid-web-1', records([{ us: run.clock.us }]), 3);
  await task!.send('uid-web-1', Buffer.from('what is this'), 1);
  await task!.send('uid-web-1', records([{ us: run.clock.us }]), 1, { linkType: 113 });
  await task!.send('uid-web-1', records([{ us: run.clock.us }]), 1);
  run.finish();
  t.match(run.finished, { complete: false, targets: [{ packets: 2, aggregatorDropped: 4 }] });
  t.equal(readCapture(run.file).length, 2);
});

t.test('packets of a pod or a task that was not asked for stay out', async (t) => {
  const run = one();
  const [task] = run.agents.tasks;
  await task!.send('uid-other', records([{ us: run.clock.us }]), 1);
  run.session.packets('node-b', { ...chunkOf('uid-web-1'), taskId: task!.id }, () => {});
  run.finish();
  t.equal(readCapture(run.file).length, 0);
  t.match(run.finished, { complete: false, summary: /dropped 2 by the aggregator/ });
});

function chunkOf(podUid: string) {
  const bytes = records([{ us: 1_800_000_000e6 }]);
  return {
    podUid,
    interface: 'eth0',
    linkType: 1,
    snaplen: 0,
    firstPacket: 0,
    packets: 1,
    records: bytes,
    kernelDropped: 0,
    agentDropped: 0,
    last: false,
    error: '',
    output: Buffer.alloc(0),
    errors: false,
  };
}
