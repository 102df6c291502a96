/* About 20 s: a real etcd and API server; the clock is moved over weeks. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@snoopy/proto';
import t from 'tap';
import { parseCron } from '../../src/jobs/cron.js';
import { timeText } from '../../src/jobs/job-object.js';
import { FakeAgents } from '../fakes/fake-agents.js';
import { sleep, until } from '../ingest/link-rig.js';
import { skip, startApiWithJobs } from './api-world.js';
import { replica } from './job-replica.js';

const nightly = { schedule: '0 3 * * *', timeZone: 'Europe/Berlin' };

/** A wall clock that is set forward; what measures durations goes on as ever. */
class MovedClock {
  #aheadMs = 0;
  nowUs(): number {
    return systemClock.nowUs() + this.#aheadMs * 1_000;
  }
  monotonicMs(): number {
    return systemClock.monotonicMs();
  }
  setMs(ms: number): void {
    this.#aheadMs = ms - systemClock.nowUs() / 1_000;
  }
}

t.setTimeout(180_000);
t.test('schedules, when time goes by', { skip, timeout: 180_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'snoopy-schedules-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const { plane, objects, jobs } = await startApiWithJobs(t);
  await objects.namespace('shop');
  const uid = await objects.pod('web-1', { ip: '10.0.0.1', labels: { app: 'web' } });
  const clock = new MovedClock();
  const agents = new FakeAgents();
  const { stop } = await replica(plane, folder, 'one', agents, clock);
  t.teardown(stop);

  const cron = parseCron(nightly.schedule, nightly.timeZone);
  let nightMs = Date.now();
  /** The next night comes, a little after 3 o'clock in Berlin. @returns when it was due */
  const night = (): string => {
    nightMs = cron.next(nightMs)!;
    clock.setMs(nightMs + 2_000);
    return timeText(nightMs);
  };
  const hourLater = (): void => clock.setMs(nightMs + 3_600_000);
  const create = (name: string, spec: object): Promise<void> =>
    jobs.create(name, { command: 'ip', args: 'route', labelSelector: { app: 'web' }, ...nightly, ...spec });
  const tasksOf = async (name: string) => {
    const { metadata } = await plane.call<{ metadata: { uid: string } }>(
      'GET',
      `${jobs.path('shop')}/${name}`,
    );
    return agents.tasks.filter(({ id }) => id.startsWith(`job-${metadata.uid}-`));
  };
  const begun = (name: string, count: number): Promise<void> =>
    until(async () => (await tasksOf(name)).length === count, 20_000);
  const end = async (name: string): Promise<void> => {
    const task = (await tasksOf(name)).at(-1)!;
    task.last(uid, { interface: '' });
    task.report('TASK_STATE_DONE', [{ podUid: uid }]);
  };
  const finish = async (name: string): Promise<void> => {
    await end(name);
    await jobs.until(name, ({ runs = [] }) => runs[0]?.state === 'Complete');
  };
  const only = { concurrencyPolicy: 'Forbid', successfulRunsHistoryLimit: 2 };
  // The API server's clock is not moved: a job is made before nights that are over by now, and those are missed.
  const late = { startingDeadlineSeconds: 600 };

  await t.test(
    'a run each night, at three o’clock there; the history is bounded, its files too',
    async (t) => {
      await create('nightly', only);
      const waiting = await jobs.until('nightly', ({ state }) => state === 'Scheduled');
      t.equal(waiting.nextScheduleTime, timeText(cron.next(Date.now())!));
      t.equal((await tasksOf('nightly')).length, 0, 'not before');
      const due: string[] = [];
      for (let count = 1; count <= 3; count++) {
        due.unshift(night());
        await begun('nightly', count);
        await finish('nightly');
      }
      const done = await jobs.until('nightly', ({ runs = [] }) => runs.length === 2);
      t.same(
        done.runs!.map((run) => run.scheduledTime),
        due.slice(0, 2),
        'the two latest are kept',
      );
      t.equal(done.nextScheduleTime, timeText(cron.next(nightMs)!));
      await until(() => readdirSync(join(folder, 'jobs/shop/nightly')).length <= 2);
    },
  );

  await t.test('suspended it does not run; Forbid waits for the run before, Replace ends it', async (t) => {
    await jobs.patch('nightly', { suspend: true });
    await jobs.until('nightly', ({ state }) => state === 'Suspended');
    hourLater();
    await create('waits', { ...only, ...late });
    await create('replaces', { ...late, concurrencyPolicy: 'Replace' });
    for (const name of ['waits', 'replaces']) await jobs.until(name, ({ state }) => state === 'Scheduled');
    const first = night();
    for (const name of ['waits', 'replaces']) await begun(name, 1);
    night();
    await begun('replaces', 2);
    t.ok((await tasksOf('replaces'))[0]!.stopped, 'the one before is asked to end');
    await sleep(1_500);
    t.equal((await tasksOf('waits')).length, 1);
    const { runs } = await jobs.until('waits', ({ state }) => state === 'Running');
    t.equal(runs![0]!.scheduledTime, first);
    await end('waits');
    await begun('waits', 2); // what was due meanwhile
    t.equal((await tasksOf('nightly')).length, 3, 'the suspended one did nothing');
  });

  await t.test('what nobody began in time is missed, and said so', async (t) => {
    const missed = (count: number) =>
      jobs.until('strict', ({ conditions }) =>
        new RegExp(`${count} runs were missed`).test(conditions?.[0]?.message ?? ''),
      );
    hourLater();
    await create('strict', { startingDeadlineSeconds: 60 });
    await missed(1);
    nightMs = cron.next(nightMs)!;
    hourLater();
    await missed(2);
    t.ok((await jobs.events('strict')).includes('Missed'));
    t.equal((await tasksOf('strict')).length, 0);
    night();
    await begun('strict', 1);
  });
});
