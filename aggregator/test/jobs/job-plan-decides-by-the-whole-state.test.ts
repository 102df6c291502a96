import t from 'tap';
import { parseCron } from '../../src/jobs/cron.js';
import { type JobFacts, type PlannedRun, planJob } from '../../src/jobs/job-plan.js';

const HOUR = 3_600_000;
const created = Date.UTC(2026, 2, 4, 10, 30);
const hourly = parseCron('@hourly');

function facts(more: Partial<Omit<JobFacts, 'spec'>> & { spec?: Partial<JobFacts['spec']> } = {}): JobFacts {
  const { spec, ...rest } = more;
  return {
    createdMs: created,
    runs: [],
    lastMs: 0,
    active: new Set(),
    nowMs: created + 1_000,
    ...rest,
    spec: {
      cron: undefined,
      suspend: false,
      concurrency: 'Replace',
      startingDeadlineS: undefined,
      keepSuccessful: 3,
      keepFailed: 1,
      ttlS: undefined,
      ...spec,
    },
  };
}

const run = (
  scheduledMs: number,
  state: PlannedRun['state'] = 'Complete',
  endedMs = scheduledMs + 1,
): PlannedRun => ({
  id: String(scheduledMs),
  scheduledMs,
  state,
  endedMs: state === 'Running' ? 0 : endedMs,
});

t.test('without a schedule: once, at once, never again', (t) => {
  t.equal(planJob(facts()).start, created);
  t.equal(planJob(facts({ lastMs: created, runs: [run(created)] })).start, undefined);
  t.equal(planJob(facts({ spec: { suspend: true } })).start, undefined);
  t.end();
});

t.test('with a schedule: the latest time that is due, once', (t) => {
  const spec = { cron: hourly };
  const at11 = created + HOUR / 2;
  t.match(planJob(facts({ spec, nowMs: at11 - 1 })), { start: undefined, nextMs: at11 });
  t.equal(planJob(facts({ spec, nowMs: at11 })).start, at11);
  t.equal(planJob(facts({ spec, nowMs: at11 + 5, lastMs: at11 })).start, undefined);
  t.equal(
    planJob(facts({ spec, nowMs: at11 + 5 * HOUR + 5, lastMs: at11 })).start,
    at11 + 5 * HOUR,
    'nobody was here for hours',
  );
  const minutely = { cron: parseCron('* * * * *') };
  const longAfter = created + 400 * 24 * HOUR;
  t.equal(planJob(facts({ spec: minutely, nowMs: longAfter })).start, longAfter);
  t.end();
});

t.test('too late is missed, and told', (t) => {
  const at11 = created + HOUR / 2;
  const spec = { cron: hourly, startingDeadlineS: 60 };
  t.match(planJob(facts({ spec, nowMs: at11 + 59_000 })), { start: at11, missed: undefined });
  t.match(planJob(facts({ spec, nowMs: at11 + 61_000 })), { start: undefined, missed: at11 });
  t.end();
});

t.test('what still runs: beside it, after it, or in its place', (t) => {
  const at11 = created + HOUR / 2;
  const before = run(at11, 'Running');
  const state = { runs: [before], active: new Set([before.id]), lastMs: at11, nowMs: at11 + HOUR };
  const decide = (concurrency: JobFacts['spec']['concurrency']) =>
    planJob(facts({ ...state, spec: { cron: hourly, concurrency } }));
  t.match(decide('Allow'), { start: at11 + HOUR, replace: [] });
  t.match(decide('Forbid'), { start: undefined, replace: [], missed: undefined });
  t.match(decide('Replace'), { start: at11 + HOUR, replace: [before.id] });
  t.end();
});

t.test('a run that nobody runs any more was interrupted', (t) => {
  const before = run(created, 'Running');
  t.strictSame(planJob(facts({ runs: [before], lastMs: created })).interrupted, [before.id]);
  t.strictSame(
    planJob(facts({ runs: [before], lastMs: created, active: new Set([before.id]) })).interrupted,
    [],
  );
  t.end();
});

t.test('history and time to live', (t) => {
  const runs = Array.from({ length: 6 }, (_, i) => run(created + i * HOUR, i % 2 ? 'Failed' : 'Complete'));
  const spec = { cron: hourly, keepSuccessful: 2, keepFailed: 1 };
  const { forget } = planJob(facts({ runs, lastMs: created + 5 * HOUR, spec }));
  t.strictSame([...forget].sort(), [0, 1, 3].map((i) => String(created + i * HOUR)).sort());
  const done = { runs: [run(created, 'Complete', created + 5_000)], lastMs: created };
  t.match(planJob(facts({ ...done, spec: { ttlS: 60 }, nowMs: created + 64_999 })), {
    remove: false,
    nextMs: created + 65_000,
  });
  t.match(planJob(facts({ ...done, spec: { ttlS: 60 }, nowMs: created + 65_000 })), { remove: true });
  t.match(planJob(facts({ ...done, nowMs: created + 1e9 })), { remove: false });
  t.end();
});
