import t from 'tap';
import { parseCron } from '../../src/jobs/cron.js';

/** The next times of a schedule, as ISO text in UTC. */
function times(schedule: string, from: string, count = 1, zone = 'UTC'): string[] {
  const cron = parseCron(schedule, zone);
  const found: string[] = [];
  for (let at: number | undefined = Date.parse(from); found.length < count; ) {
    at = cron.next(at);
    if (at === undefined) break;
    found.push(new Date(at).toISOString().slice(0, 16));
  }
  return found;
}

t.test('fields, steps, ranges, names', (t) => {
  const from = '2026-03-04T10:07:30Z'; // a Wednesday
  const cases: [schedule: string, next: string][] = [
    ['* * * * *', '2026-03-04T10:08'],
    ['*/15 * * * *', '2026-03-04T10:15'],
    ['5/20 * * * *', '2026-03-04T10:25'],
    ['0 0 * * *', '2026-03-05T00:00'],
    ['30 8-9 * * mon-fri', '2026-03-05T08:30'],
    ['0 12 1,15 * *', '2026-03-15T12:00'],
    ['0 12 * jul *', '2026-07-01T12:00'],
    ['0 0 13 * fri', '2026-03-06T00:00'],
    ['0 0 * * 7', '2026-03-08T00:00'],
    ['0 0 29 2 *', '2028-02-29T00:00'],
    ['@hourly', '2026-03-04T11:00'],
    ['@weekly', '2026-03-08T00:00'],
  ];
  for (const [schedule, next] of cases) t.strictSame(times(schedule, from), [next], schedule);
  t.strictSame(times('0 0 30 2 *', from), [], 'never');
  t.strictSame(times('7 10 * * *', '2026-03-04T10:07:00Z'), ['2026-03-05T10:07'], 'after, not at');
  t.end();
});

t.test('time zones, and days on which the clock is changed', (t) => {
  const berlin = 'Europe/Berlin';
  t.strictSame(times('30 9 * * *', '2026-01-10T00:00:00Z', 1, berlin), ['2026-01-10T08:30']);
  t.strictSame(times('30 9 * * *', '2026-07-10T00:00:00Z', 1, berlin), ['2026-07-10T07:30']);
  // 29 March 2026: 02:00 to 03:00 is skipped. 25 October 2026: it is shown twice.
  t.strictSame(times('30 2 * * *', '2026-03-28T12:00:00Z', 1, berlin), ['2026-03-30T00:30']);
  t.strictSame(times('30 2 * * *', '2026-10-24T12:00:00Z', 2, berlin), [
    '2026-10-25T00:30',
    '2026-10-26T01:30',
  ]);
  t.strictSame(times('0 0 * * *', '2026-01-10T00:00:00Z', 1, 'Asia/Kolkata'), ['2026-01-10T18:30']);
  t.end();
});

t.test('what is no schedule is refused with a sentence', (t) => {
  for (const [schedule, sentence] of [
    ['* * * *', /4 fields; 5 are needed/],
    ['60 * * * *', /the minute "60" is not one of 0 to 59/],
    ['* * 0 * *', /the day "0" is not one of 1 to 31/],
    ['* * * foo *', /the month "foo"/],
    ['5-1 * * * *', /"5-1" is no range/],
    ['*/0 * * * *', /the minute "0" is not one of 1 to 59/],
    ['@never', /1 fields/],
  ] as const)
    t.throws(() => parseCron(schedule), { message: sentence });
  t.throws(() => parseCron('* * * * *', 'Mars/Base'), { message: /no time zone "Mars\/Base"/ });
  t.end();
});
