import type { TaskReport } from '@snoopy/proto';
import t from 'tap';
import { until } from '../fakes/aggregator.js';
import { WatchedPod } from '../fakes/watched-pod.js';

const none = { args: [], maxSeconds: 0, maxBytes: 0 };

t.test('tools that the aggregator asks for', { timeout: 60_000 }, async (t) => {
  const rig = new WatchedPod();
  t.teardown(() => rig.end());
  await rig.start();
  const { aggregator, bridge, pod } = rig;
  const last = (id: string): TaskReport | undefined => aggregator.tasks.filter((one) => one.id === id).at(-1);
  const ended = (id: string): boolean => last(id) !== undefined && last(id)!.state !== 'TASK_STATE_RUNNING';
  const output = (id: string, errors = false): string =>
    Buffer.concat(
      aggregator.chunks.filter((one) => one.taskId === id && one.errors === errors).map((one) => one.output),
    ).toString();
  const run = (id: string, tool: string, args: string[], more: object = {}) =>
    aggregator.startTask({ id, podUids: ['uid-pod'], run: { ...none, tool, args, ...more } });

  await t.test('its output and its exit code arrive', async (t) => {
    run('addr', 'ip', ['-j', 'addr']);
    await until('it has ended', () => ended('addr'));
    t.match(last('addr')!.targets, [{ podUid: 'uid-pod', state: 'TASK_STATE_DONE', exitCode: 0, error: '' }]);
    t.ok(output('addr').includes(bridge.v4(pod)), 'the pod’s own addresses');
    t.equal(output('addr').length, last('addr')!.targets[0]!.bytes);
  });

  await t.test('a failure is told, with the tool’s own words', async (t) => {
    run('bad', 'ip', ['link', 'show', 'nosuch0']);
    await until('it has ended', () => ended('bad'));
    t.match(last('bad')!.targets, [{ state: 'TASK_STATE_FAILED', exitCode: 1 }]);
    t.match(output('bad', true), /nosuch0/);
  });

  await t.test('limits end it, which is no failure', async (t) => {
    run('timed', 'ping', [bridge.v4(rig.client)], { maxSeconds: 1 });
    await until('it has ended', () => ended('timed'));
    t.match(last('timed')!.targets, [{ state: 'TASK_STATE_DONE' }]);
    t.match(output('timed'), /ping statistics/);
    run('short', 'ip', ['-j', 'addr'], { maxBytes: 10 });
    await until('it has ended', () => ended('short'));
    t.equal(output('short').length, 10);
  });

  await t.test('what is not in the catalogue, or not for a pod, is refused by the agent', async (t) => {
    run('shell', 'bash', ['-c', 'id']);
    run('change', 'ip', ['link', 'del', 'eth0']);
    await until('both have ended', () => ended('shell') && ended('change'));
    t.match(last('shell')!.targets, [{ state: 'TASK_STATE_FAILED', error: /no tool "bash"/ }]);
    t.equal(last('change')!.state, 'TASK_STATE_FAILED');
  });
});
