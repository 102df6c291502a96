import t from 'tap';
import { CaptureRun } from '../../fakes/capture-run.js';
import { pod } from '../../fakes/fake-agents.js';
import { records } from '../records.js';
import { capinfos, readCapture, readStatistics } from '../wireshark.js';

function shop(): CaptureRun {
  const run = new CaptureRun();
  run.agents.podList = [
    pod('shop/web-1@node-a', { app: 'web' }),
    pod('shop/web-2@node-b', { app: 'web' }),
    pod('shop/db-1@node-b', { app: 'db' }),
    pod('ops/web-9@node-a', { app: 'web' }),
  ];
  return run;
}

t.test('one task for each agent, with the pods that match and nothing else', async (t) => {
  const run = shop();
  run.start({ namespace: 'shop', selector: 'app=web', filter: 'udp', snaplen: 96, interfaces: ['eth0'] });
  t.strictSame(
    run.agents.tasks.map((task) => [task.agent, task.uids]),
    [
      ['node-a', ['uid-web-1']],
      ['node-b', ['uid-web-2']],
    ],
  );
  t.match(run.agents.tasks[0]!.task.capture, { filter: 'udp', snaplen: 96, interfaces: ['eth0'] });
  t.not(run.agents.tasks[0]!.id, run.agents.tasks[1]!.id);
  t.match(run.responses[0]!.started!.targets, [{ pod: 'web-1' }, { pod: 'web-2' }]);
  run.session.cancel();
});

t.test('packets of both nodes in the order of the corrected time, an interface for each pod', async (t) => {
  const run = shop();
  run.agents.offsetsUs.set('node-b', 40_000);
  run.start({ namespace: 'shop', selector: 'app=web' });
  const [a, b] = run.agents.tasks;
  const us = run.clock.us;
  await a!.send('uid-web-1', records([1, 3, 5].map((mark) => ({ us: us + mark * 1_000, mark }))), 3);
  await b!.send('uid-web-2', records([2, 4].map((mark) => ({ us: us + 40_000 + mark * 1_000, mark }))), 2);
  run.finish();
  const packets = readCapture(run.file);
  t.strictSame(
    packets.map((p) => [p.mark, p.interface]),
    [1, 2, 3, 4, 5].map((mark) => [mark, mark % 2 ? 'shop/web-1/eth0@node-a' : 'shop/web-2/eth0@node-b']),
  );
  t.equal(packets[1]!.time, '1800000000.002000000', 'as the aggregator would have read the clock');
  t.match(capinfos(run.file), /corrected by -40\.000 ms/);
  t.match(run.finished, {
    complete: true,
    summary: /^Complete: 5 packets of 2 interfaces; nothing was dropped\.$/,
  });
  t.strictSame(readStatistics(run.file), [
    { received: 3, dropped: 0, byKernel: 0, delivered: 3 },
    { received: 2, dropped: 0, byKernel: 0, delivered: 2 },
  ]);
});

t.test('an offset smaller than its error is not applied', async (t) => {
  const run = shop();
  run.agents.offsetsUs.set('node-a', 90);
  run.agents.errorsUs.set('node-a', 150);
  run.start({ pods: ['web-1'] });
  await run.agents.tasks[0]!.send('uid-web-1', records([{ us: run.clock.us }]), 1);
  run.finish();
  t.equal(readCapture(run.file)[0]!.time, '1800000000.000000000');
});

t.test('a pod without a packet has an interface and statistics too', async (t) => {
  const run = shop();
  run.start({ pods: ['web-*'], namespace: 'shop' });
  for (const task of run.agents.tasks) {
    task.report(
      'TASK_STATE_RUNNING',
      task.uids.map((podUid) => ({ podUid, interface: 'eth0' })),
    );
  }
  run.finish();
  t.match(
    capinfos(run.file),
    /Number of interfaces in file: 2[\s\S]*web-1\/eth0@node-a[\s\S]*web-2\/eth0@node-b/,
  );
  t.match(run.finished, { complete: true, summary: /0 packets of 2 interfaces/ });
});

t.test('names that nobody would give a pod do no harm', async (t) => {
  const run = new CaptureRun();
  const evil = {
    ...pod('shop/web-1@node-a'),
    namespace: '../../etc',
    name: 'x\u001b[2J\n\u202e',
    uid: 'u\u0000\u0007',
  };
  run.agents.podList = [evil];
  run.start({});
  await run.agents.tasks[0]!.send(evil.uid, records([{ us: run.clock.us }]), 1, { interface: 'e\u001bth0' });
  run.finish();
  t.equal(readCapture(run.file)[0]!.interface, '../../etc/x?[2J??/e?th0@node-a');
  t.notMatch(capinfos(run.file).replace(/\n/g, ''), /[\u0000-\u001f]/);
  t.equal(run.finished!.targets!.length, 1);
});
