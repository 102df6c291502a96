/* About 40 s: a real etcd and API server; the agents are fakes that say what a test lets them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@snoopy/proto';
import { SAMPLE_ENDPOINT, SAMPLE_JOB } from '@snoopy/scripts/rig/original-samples';
import t from 'tap';
import { records } from '../capture/records.js';
import { readCapture } from '../capture/wireshark.js';
import { FakeAgents } from '../fakes/fake-agents.js';
import { until } from '../ingest/link-rig.js';
import { skip, startApiWithJobs } from './api-world.js';
import { replica } from './job-replica.js';

const clock = systemClock;

t.setTimeout(240_000);
t.test('SnoopyJobs before a real API server', { skip, timeout: 240_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'snoopy-jobs-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const { plane, objects, jobs } = await startApiWithJobs(t);
  for (const namespace of ['shop', 'cnf-telco']) await objects.namespace(namespace);
  const uids: Record<string, string> = {};
  for (const [name, node] of [
    ['web-1', 'node-a'],
    ['web-2', 'node-b'],
  ] as const)
    uids[name] = await objects.pod(name, { node, ip: `10.0.0.${name.slice(-1)}`, labels: { app: 'web' } });
  uids.cnf = await objects.pod('cnf', {
    namespace: 'cnf-telco',
    ip: '10.0.0.9',
    labels: { networkMonitor: 'true' },
  });
  let now = await replica(plane, folder, 'first');
  const { agents } = now;
  t.teardown(() => now.stop());

  await t.test('the original’s samples apply unchanged and run', async (t) => {
    await jobs.apply(SAMPLE_ENDPOINT, 'default', 'data');
    await jobs.apply(SAMPLE_JOB);
    await until(() => agents.tasks.length === 1);
    const [task] = agents.tasks;
    t.match(task!.task, { podUids: [uids.cnf], capture: { interfaces: ['eth0'], maxSeconds: 0 } });
    await task!.send(uids.cnf!, records([{ us: clock.nowUs() }]), 1);
    const running = await jobs.until(
      'snoopyjob-tcpdump-example',
      (one) => (one.running ?? 0) === 1,
      'default',
    );
    t.match(running, {
      state: 'Running',
      matched: 1,
      runs: [{ state: 'Running', targets: [{ pod: 'cnf', node: 'node-a' }] }],
    });
    task!.last(uids.cnf!);
    task!.report('TASK_STATE_DONE', [{ podUid: uids.cnf!, interface: 'eth0', packets: 1 }]);
    const done = await jobs.until('snoopyjob-tcpdump-example', (one) => one.state === 'Complete', 'default');
    t.match(done, {
      succeeded: 1,
      runs: [
        {
          state: 'Complete',
          reason: 'Finished',
          file: /\.pcapng$/,
          targets: [{ state: 'Succeeded', packets: 1, dropped: 0 }],
        },
      ],
    });
    const complete = done.conditions!.find(({ type }) => type === 'Complete')!;
    t.match(complete, { status: 'True', observedGeneration: 1 });
    const path = join(folder, 'jobs/default/snoopyjob-tcpdump-example', done.runs![0]!.file!);
    t.equal(readCapture(readFileSync(path)).length, 1);
    t.strictSame(await jobs.events('snoopyjob-tcpdump-example', 'default'), ['Started', 'Finished']);
    t.match(now.totals, {
      running: 0,
      started: 1,
      ends: { complete: 1, failed: 0 },
      captures: { packets: 1 },
    });
    const endpoint = await plane.call('GET', `${jobs.path('default', 'data')}/snoopydataendpoint-sample`);
    t.match(endpoint, {
      status: { address: 'snoopy-aggregator.snoopy:4245', conditions: [{ type: 'Ready', status: 'True' }] },
    });
  });

  await t.test(
    'a tool in pods of both nodes; what it says is in one file, by pod; a pod that fails is told',
    async (t) => {
      agents.tasks.length = 0;
      await jobs.create('routes', {
        command: 'ip',
        args: 'route',
        labelSelector: { app: 'web' },
        timer: '1m',
      });
      await until(() => agents.tasks.length === 2);
      for (const task of agents.tasks) {
        const [uid] = task.uids;
        t.match(task.task, { run: { tool: 'ip', args: ['route'], maxSeconds: 60 } });
        const bad = uid === uids['web-2'];
        await task.send(uid!, Buffer.alloc(0), 0, {
          output: Buffer.from(bad ? 'no route' : 'default via 10.0.0.254\n'),
          errors: bad,
          interface: '',
        });
        task.last(uid!, { interface: '' });
        task.report(bad ? 'TASK_STATE_FAILED' : 'TASK_STATE_DONE', [
          { podUid: uid!, exitCode: bad ? 2 : 0, error: bad ? 'it ended with code 2' : '' },
        ]);
      }
      const done = await jobs.until('routes', (one) => one.state === 'Failed');
      t.match(done.runs, [
        {
          reason: 'TargetsFailed',
          targets: [
            { pod: 'web-1', state: 'Succeeded' },
            { pod: 'web-2', state: 'Failed', exitCode: 2 },
          ],
        },
      ]);
      const file = readFileSync(join(folder, 'jobs/shop/routes', done.runs![0]!.file!), 'utf8');
      t.strictSame(file.trim().split('\n').sort(), [
        'shop/web-1: default via 10.0.0.254',
        'shop/web-2! no route',
      ]);
    },
  );

  await t.test('a pod that appears later joins; nothing starts twice, whatever breaks', async (t) => {
    agents.tasks.length = 0;
    await jobs.create('follow', {
      tool: { capture: { filter: 'udp' } },
      labelSelector: { app: 'late' },
      timer: '1h',
    });
    const waiting = await jobs.until('follow', (one) => one.state === 'Pending');
    t.match(
      waiting.conditions!.find(({ type }) => type === 'Accepted'),
      { status: 'True' },
    );
    const first = await objects.pod('late-1', { ip: '10.0.1.1', labels: { app: 'late' } });
    await until(() => agents.tasks.length === 1);
    const second = await objects.pod('late-2', { ip: '10.0.1.2', node: 'node-b', labels: { app: 'late' } });
    await until(() => agents.tasks.length === 2);
    t.strictSame(
      agents.tasks.flatMap(({ uids: of }) => of),
      [first, second],
    );
    await agents.tasks[0]!.send(first, records([{ us: clock.nowUs() }]), 1);
    agents.lose('node-a');
    agents.connected.add('node-a');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    t.equal(agents.tasks.length, 2, 'the agent that came back is not asked again');
    await jobs.until('follow', (one) => one.failed === 1 && one.running === 1);
  });

  await t.test('a replica that was killed: Interrupted, its data kept, and not begun again', async (t) => {
    // Nobody is told of anything: the controller is only no longer there.
    await plane.call('DELETE', '/apis/coordination.k8s.io/v1/namespaces/default/leases/snoopy-aggregator');
    const later = new FakeAgents();
    const second = await replica(plane, folder, 'second', later);
    const dead = now;
    now = second;
    await dead.stop();
    const status = await jobs.until('follow', (one) => one.state === 'Failed');
    t.match(status.runs, [{ reason: 'Interrupted', file: /\.pcapng$/ }]);
    t.equal(later.tasks.length, 0);
    t.match(now.totals, { running: 0, started: 0, ends: { interrupted: 1 } });
    t.ok((await jobs.events('follow')).includes('Interrupted'));
    t.equal(readdirSync(join(folder, 'jobs/shop/follow')).length, 1);
  });

  await t.test('refusals are in the status, as sentences; deleting a job removes its files', async (t) => {
    await jobs.create('bad', { command: 'ip', labelSelector: { app: 'web' }, schedule: 'often' });
    const bad = await jobs.until('bad', (one) => one.state === 'Failed');
    t.match(
      bad.conditions!.find(({ type }) => type === 'Accepted'),
      { status: 'False', reason: 'Invalid', message: /5 are needed/ },
    );
    await jobs.create('away', {
      command: 'ip',
      labelSelector: { app: 'web' },
      dataServiceIP: 'evil.example.com',
    });
    const away = await jobs.until('away', (one) => one.state === 'Failed');
    t.match(away.conditions![0], { message: /evil.example.com.*--job-collectors/ });
    await plane.call('DELETE', `${jobs.path('shop')}/follow`);
    await until(() => !readdirSync(join(folder, 'jobs/shop')).includes('follow'));
    await jobs.create('short', { command: 'ip', labelSelector: { app: 'web' }, ttlSecondsAfterFinished: 1 });
    await until(() => now.agents.tasks.length === 2);
    for (const task of now.agents.tasks) {
      task.last(task.uids[0]!, { interface: '' });
      task.report('TASK_STATE_DONE', [{ podUid: task.uids[0]! }]);
    }
    const gone = async () =>
      (await plane.call('GET', `${jobs.path('shop')}/short`).catch(() => 'gone')) === 'gone';
    for (let left = 100; left > 0 && !(await gone()); left--)
      await new Promise((resolve) => setTimeout(resolve, 100));
    t.ok(await gone(), 'its time to live is over');
  });
});
