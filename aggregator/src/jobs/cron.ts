/**
 * Schedules as cron knows them (crontab(5) of Vixie's cron, as Kubernetes' CronJobs read them):
 *
 *   minute hour day-of-month month day-of-week      * , - / names of months and days, 7 = Sunday; ? = *
 *   @yearly @monthly @weekly @daily @midnight @hourly
 *
 * Where both days are given either will do. In a time zone, a time that the clock skips in spring does not come; one
 * that it shows twice in autumn comes once, the first time.
 */
export interface Cron {
  /** The first time after `ms`, milliseconds since 1970; undefined: there is none in the next eight years. */
  next(ms: number): number | undefined;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** 29 February may be eight years off (1896 to 1904). */
const MOST_DAYS = 8 * 366;

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const named: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

interface Fields {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly monthDays: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekDays: ReadonlySet<number>;
  /** Both kinds of days were given. */
  readonly eitherDay: boolean;
}

/** @param zone as in the tz database; throws Error with a sentence */
export function parseCron(text: string, zone = 'UTC'): Cron {
  const fields = readFields(text);
  const clock = zoneClock(zone);
  return { next: (ms) => next(fields, clock, ms) };
}

function readFields(text: string): Fields {
  const plain = text.trim().toLowerCase();
  const words = (named[plain] ?? plain).split(/\s+/);
  if (words.length !== 5) {
    throw new Error(
      `the schedule ${JSON.stringify(text)} has ${words.length} fields; 5 are needed: minute, hour, day, month, day of the week`,
    );
  }
  const [minute, hour, day, month, weekDay] = words as [string, string, string, string, string];
  const weekDays = readField(weekDay, 'day of the week', 0, 7, days);
  if (weekDays.has(7)) weekDays.add(0);
  return {
    minutes: readField(minute, 'minute', 0, 59),
    hours: readField(hour, 'hour', 0, 23),
    monthDays: readField(day, 'day', 1, 31),
    months: readField(month, 'month', 1, 12, months),
    weekDays,
    eitherDay: !/^[*?]/.test(day) && !/^[*?]/.test(weekDay),
  };
}

function readField(
  text: string,
  what: string,
  least: number,
  most: number,
  names: readonly string[] = [],
): Set<number> {
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const [range = '', step, ...more] = part.split('/');
    const every = step === undefined ? 1 : number(step, what, 1, most);
    if (more.length > 0) throw new Error(`the ${what} ${JSON.stringify(part)} has two steps`);
    const [from, to] = readRange(range, step !== undefined, what, least, most, names);
    for (let value = from; value <= to; value += every) values.add(value);
  }
  return values;
}

function readRange(
  text: string,
  open: boolean,
  what: string,
  least: number,
  most: number,
  names: readonly string[],
): [number, number] {
  if (text === '*' || text === '?') return [least, most];
  const [first = '', last, ...more] = text.split('-');
  const value = (word: string): number => {
    const name = names.indexOf(word);
    return name < 0 ? number(word, what, least, most) : name + least;
  };
  const from = value(first);
  const to = last === undefined ? (open ? most : from) : value(last);
  if (more.length > 0 || to < from) throw new Error(`the ${what} ${JSON.stringify(text)} is no range`);
  return [from, to];
}

function number(text: string, what: string, least: number, most: number): number {
  const value = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new Error(`the ${what} ${JSON.stringify(text)} is not one of ${least} to ${most}`);
}

/** A wall clock: what it shows is kept as if it were UTC. */
interface ZoneClock {
  shows(ms: number): number;
}

function zoneClock(zone: string): ZoneClock {
  if (zone === 'UTC' || zone === 'Etc/UTC') return { shows: (ms) => ms };
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    throw new Error(`there is no time zone ${JSON.stringify(zone)}; give one such as Europe/Berlin`);
  }
  const shows = (ms: number): number => {
    const parts: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(ms)) parts[type] = Number(value);
    return Date.UTC(parts.year!, parts.month! - 1, parts.day!, parts.hour!, parts.minute!, parts.second!);
  };
  return { shows };
}

function next(fields: Fields, clock: ZoneClock, ms: number): number | undefined {
  const start = Math.floor(ms / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
  const firstDay = Math.floor(clock.shows(start) / DAY_MS) * DAY_MS;
  for (let day = 0; day < MOST_DAYS; day++) {
    const midnight = firstDay + day * DAY_MS;
    if (!hasDay(fields, new Date(midnight))) continue;
    for (const minute of minutesOf(fields)) {
      const at = whenItShows(clock, midnight + minute * MINUTE_MS);
      if (at !== undefined && at >= start) return at;
    }
  }
  return undefined;
}

function hasDay({ months, monthDays, weekDays, eitherDay }: Fields, date: Date): boolean {
  if (!months.has(date.getUTCMonth() + 1)) return false;
  const byDate = monthDays.has(date.getUTCDate());
  const byWeek = weekDays.has(date.getUTCDay());
  return eitherDay ? byDate || byWeek : byDate && byWeek;
}

/** Minutes of a day, in order. */
function* minutesOf({ hours, minutes }: Fields): Iterable<number> {
  for (let hour = 0; hour < 24; hour++) {
    if (!hours.has(hour)) continue;
    for (let minute = 0; minute < 60; minute++) if (minutes.has(minute)) yield hour * 60 + minute;
  }
}

/** The first moment at which the clock shows a time; zones are at most 14 hours from UTC, changes at most a day apart from here. */
function whenItShows(clock: ZoneClock, shown: number): number | undefined {
  const offsets = [shown - DAY_MS, shown + DAY_MS].map((ms) => clock.shows(ms) - ms);
  const moments = offsets.map((offset) => shown - offset).filter((ms) => clock.shows(ms) === shown);
  return moments.length > 0 ? Math.min(...moments) : undefined;
}
