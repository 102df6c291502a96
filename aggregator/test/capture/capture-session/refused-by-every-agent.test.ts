import t from 'tap';
import { CaptureRun } from '../../fakes/capture-run.js';
import { pod } from '../../fakes/fake-agents.js';
import { records } from '../records.js';

const refusal = 'The filter does not compile: syntax error in "prot 80".';

function two(): CaptureRun {
  const run = new CaptureRun();
  run.agents.podList = [pod('shop/web-1@node-a'), pod('shop/web-2@node-b')];
  run.start({ filter: 'prot 80' });
  return run;
}

t.test('the capture fails with what the agents say, and there is no file', async (t) => {
  const run = two();
  for (const task of run.agents.tasks) {
    task.report('TASK_STATE_FAILED', [{ podUid: task.uids[0]!, error: refusal }]);
  }
  run.go(100);
  t.match(run.error, { code: 'TOOL_FAILED', message: refusal });
  t.equal(run.file.length, 0);
  t.ok(run.agents.tasks.every((task) => task.forgotten));
});

t.test('one that begins makes a capture, and the other is told as failed', async (t) => {
  const run = two();
  const [a, b] = run.agents.tasks;
  a!.report('TASK_STATE_FAILED', [{ podUid: 'uid-web-1', error: 'web-1 is on the host network' }]);
  await b!.send('uid-web-2', records([{ us: run.clock.us }]), 1);
  run.finish();
  t.notOk(run.error);
  t.match(run.finished, { complete: false, summary: /1 interface failed \(shop\/web-1\/.* host network\)/ });
});

t.test('agents that say nothing at all fail the capture after 10 s', async (t) => {
  const run = two();
  run.go(9_900);
  t.notOk(run.error);
  run.go(200);
  t.match(run.error, { code: 'UNAVAILABLE' });
});

t.test('control characters of an agent reach nobody', async (t) => {
  const run = two();
  for (const task of run.agents.tasks) {
    task.report('TASK_STATE_FAILED', [{ podUid: task.uids[0]!, error: '\u001b]0;gotcha\u0007\u202e' }]);
  }
  run.go(100);
  t.equal(run.error!.message, '?]0;gotcha??');
});
