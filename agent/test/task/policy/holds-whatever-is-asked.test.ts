import type { Task } from '@snoopy/proto';
import t from 'tap';
import { checkNamespace, type Policy, withinPolicy } from '../../../src/task/policy.js';

const policy: Policy = {
  tools: ['capture', 'ping'],
  namespaces: ['shop'],
  seconds: 600,
  bytes: 1_000_000,
  snaplen: 128,
};
const free: Policy = { ...policy, tools: undefined, namespaces: undefined };

function capture(more: Partial<NonNullable<Task['capture']>> = {}): Task {
  const asked = { filter: '', snaplen: 0, interfaces: [], maxPackets: 0, maxBytes: 0, maxSeconds: 0 };
  return { id: 'a', podUids: ['u'], capture: { ...asked, ...more }, run: null, work: 'capture' };
}

function run(tool: string, maxSeconds = 0): Task {
  const asked = { tool, args: ['-c', '1'], maxSeconds, maxBytes: 0 };
  return { id: 'a', podUids: ['u'], capture: null, run: asked, work: 'run' };
}

t.test('what has no limit gets the policy’s, and the asker will be told', async (t) => {
  const { task, overTime, overBytes } = withinPolicy(capture(), policy);
  t.match(task.capture, { snaplen: 128, maxSeconds: 600, maxBytes: 1_000_000 });
  t.match(overTime, /after 600 s \(--task-time\)/);
  t.match(overBytes, /after 1000000 bytes \(--task-bytes\)/);
});

t.test('lower limits of the asker stay, and their end is no news', async (t) => {
  const asked = { snaplen: 64, maxSeconds: 5, maxBytes: 70_000 };
  const { task, overTime, overBytes } = withinPolicy(capture(asked), policy);
  t.match(task.capture, asked);
  t.equal(overTime + overBytes, '');
});

t.test('more than the policy is refused with a sentence that names the setting', async (t) => {
  for (const [more, flag] of [
    [{ snaplen: 129 }, /129 bytes of a frame .* 128 .*--task-snaplen/],
    [{ maxSeconds: 601 }, /601 seconds .* 600 .*--task-time/],
    [{ maxBytes: 1_000_001 }, /1000001 bytes .* 1000000 .*--task-bytes/],
  ] as const) {
    t.throws(() => withinPolicy(capture(more), policy), { code: 'NOT_ALLOWED', message: flag });
  }
});

t.test('tools that are not in the list are refused', async (t) => {
  t.throws(() => withinPolicy(run('tcpdump'), policy), { message: /tcpdump .*--task-tools/ });
  t.throws(() => withinPolicy(run('ping\u001b[2J'), policy), { message: /ping\?\[2J/ });
  t.match(withinPolicy(run('ping'), policy).task.run, { tool: 'ping', maxSeconds: 600, maxBytes: 1_000_000 });
  t.throws(() => withinPolicy(run('ping', 601), policy), { message: /--task-time/ });
  t.throws(() => withinPolicy(capture(), { ...policy, tools: ['ping'] }), { message: /^.*capture is not/ });
  t.match(withinPolicy(run('tcpdump'), free).task.run, { tool: 'tcpdump' });
});

t.test('pods of other namespaces are left alone', async (t) => {
  checkNamespace('shop', policy);
  checkNamespace('anything', free);
  t.throws(() => checkNamespace('kube-system', policy), { message: /kube-system .*--task-namespaces/ });
});
