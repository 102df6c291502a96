import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { createLog, systemClock } from '@snoopy/proto';
import t from 'tap';
import { openAccess } from '../../src/access/open-access.js';
import { DiskRunFiles } from '../../src/jobs/disk-run-files.js';
import type { JobController } from '../../src/jobs/job-controller.js';
import { jobObject } from '../../src/jobs/job-object.js';
import { addJobs } from '../../src/jobs/jobs-service.js';
import { RunService } from '../../src/tools/run-service.js';
import { FakeAgents, type FakeTask, pod } from '../fakes/fake-agents.js';
import { SnoopyProcess, snoopy } from '../fakes/snoopy-process.js';

const folder = mkdtempSync(join(tmpdir(), 'snoopy-jobs-'));
t.teardown(() => rmSync(folder, { recursive: true }));

/** The real service on a real port, over fake agents. @param jobs as a controller lists them */
async function serve(t: { teardown(end: () => void): void }, jobs?: object[]) {
  const agents = new FakeAgents();
  agents.podList = [pod('shop/web-1@node-a'), pod('shop/web-2@node-b'), pod('mail/smtp@node-a')];
  const log = createLog('test', 'silent');
  const server = new Server();
  addJobs(server, {
    jobs:
      jobs &&
      ({
        list: () => jobs.map((job) => ({ job: jobObject(job), keeper: undefined })),
      } as unknown as JobController),
    files: new DiskRunFiles(join(folder, 'jobs'), 1e6),
    runs: new RunService(agents, systemClock, log, 'test', openAccess),
    access: openAccess,
    log,
  });
  const port = await new Promise<number>((resolve) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_, bound) => resolve(bound));
  });
  t.teardown(() => server.forceShutdown());
  return { agents, address: `127.0.0.1:${port}` };
}

async function say(task: FakeTask, text: string, exitCode = 0): Promise<void> {
  const [uid] = task.uids;
  await task.send(uid!, Buffer.alloc(0), 0, {
    output: Buffer.from(text),
    errors: exitCode !== 0,
    interface: '',
  });
  task.last(uid!, { interface: '' });
  const error = exitCode === 0 ? '' : `it ended with code ${exitCode}`;
  task.report(exitCode === 0 ? 'TASK_STATE_DONE' : 'TASK_STATE_FAILED', [{ podUid: uid!, exitCode, error }]);
}

t.test(
  'a tool in all pods that match: each line with its pod; a failure is told and is the exit code',
  async (t) => {
    const { agents, address } = await serve(t);
    agents.onStart = (task) =>
      void setImmediate(() =>
        say(task, task.agent === 'node-a' ? 'one\ntwo\u001b[2J\n' : 'oh no', task.agent === 'node-a' ? 0 : 3),
      );
    const { code, stdout, stderr } = await snoopy([
      'run',
      'ss',
      '-n',
      'shop',
      '-t',
      '5s',
      '--server',
      address,
      '--',
      '-tin',
    ]);
    t.strictSame(
      stdout.trim().split('\n').sort(),
      [
        'shop/web-1: one',
        stdout.split('\n').find((line) => line.includes('two')),
        'shop/web-2! oh no',
      ].sort(),
    );
    t.notMatch(stdout, /\u001b/);
    t.equal(code, 1);
    t.match(stderr, /shop\/web-2 on node-b: it ended with code 3/);
    t.match(
      agents.tasks.map(({ task }) => task.run),
      [{ tool: 'ss', args: ['-tin'], maxSeconds: 5 }, { tool: 'ss' }],
    );
  },
);

t.test('Ctrl-C stops the tools, what they still say is printed', async (t) => {
  const { agents, address } = await serve(t);
  const process = new SnoopyProcess(['run', 'ping', '-n', 'mail', '--server', address, '--', '10.0.0.1']);
  while (agents.tasks.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const [task] = agents.tasks;
  await task!.send('uid-smtp', Buffer.alloc(0), 0, { output: Buffer.from('64 bytes\n'), interface: '' });
  await process.sees(/64 bytes/);
  process.kill('SIGINT');
  while (!task!.stopped) await new Promise((resolve) => setTimeout(resolve, 20));
  await say(task!, '1 packet\n');
  t.match(await process.ended, { code: 0, stdout: 'mail/smtp: 64 bytes\nmail/smtp: 1 packet\n' });
});

t.test('refusals are sentences', async (t) => {
  const { address } = await serve(t);
  const run = (...args: string[]) => snoopy(['run', ...args, '--server', address]);
  t.match(await run('ss', '-n', 'nowhere'), { code: 1, stderr: /no pod in the namespace nowhere/ });
  t.match(await run('../sh'), { code: 1, stderr: /cannot be the name of a tool/ });
  t.match(await snoopy(['jobs', '--server', address]), { code: 1, stderr: /SnoopyJobs need Kubernetes/ });
});

t.test('jobs are listed, and their files come', async (t) => {
  const run = {
    id: '1790000000',
    scheduledTime: '2026-09-21T13:33:20Z',
    startTime: '2026-09-21T13:33:20Z',
    state: 'Complete',
    reason: 'Finished',
    file: '1790000000.txt',
    fileBytes: 12,
    targets: [{ namespace: 'shop', pod: 'web-1', state: 'Succeeded' }],
  };
  const status = {
    state: 'Complete',
    conditions: [{ type: 'Complete', status: 'True', reason: 'Finished', message: 'Ran in 1 pods.' }],
    runs: [run],
  };
  const { address } = await serve(t, [{ metadata: { namespace: 'shop', name: 'routes' }, spec: {}, status }]);
  mkdirSync(join(folder, 'jobs/shop/routes'), { recursive: true });
  writeFileSync(join(folder, 'jobs/shop/routes/1790000000.txt'), 'shop/web-1: x\n');
  const list = await snoopy(['jobs', '-n', 'shop', '--server', address]);
  t.match(
    list.stdout,
    /shop +routes +Complete +1790000000 +2026-09-21T13:33:20Z +Complete \(Finished\) +1\/1 +12 B +Ran in 1 pods\./,
  );
  t.match(await snoopy(['jobs', 'logs', 'routes', '-n', 'shop', '--server', address]), {
    code: 0,
    stdout: 'shop/web-1: x\n',
  });
  t.match(await snoopy(['jobs', 'download', 'other', '-n', 'shop', '-w', '-', '--server', address]), {
    code: 1,
    stderr: /has no file of that run here/,
  });
});
