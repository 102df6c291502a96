import type { Flow } from '@snoopy/proto';

/** google.protobuf.Timestamp. */
export type Moment = NonNullable<Flow['time']>;

/** RFC 3339 in UTC with microseconds. */
export function rfc3339({ seconds, nanos }: Moment): string {
  const whole = new Date(seconds * 1_000).toISOString().slice(0, 19);
  return `${whole}.${String(Math.floor(nanos / 1_000)).padStart(6, '0')}Z`;
}

/** Local time of day with milliseconds. */
export function timeOfDay({ seconds, nanos }: Moment): string {
  const date = new Date(seconds * 1_000 + Math.floor(nanos / 1e6));
  const two = (value: number) => String(value).padStart(2, '0');
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${clock}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** From milliseconds since 1970. */
export function momentOf(ms: number): Moment {
  const seconds = Math.floor(ms / 1_000);
  return { seconds, nanos: Math.round((ms - seconds * 1_000) * 1e6) };
}

export function milliseconds({ seconds, nanos }: Moment): number {
  return seconds * 1_000 + nanos / 1e6;
}
