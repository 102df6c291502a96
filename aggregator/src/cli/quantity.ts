/** Numbers for people. */

/** `999 B`, `1.2 kB`, `34 MB`: three digits at most. */
export function bytesText(bytes: number): string {
  return scaled(bytes, ['B', 'kB', 'MB', 'GB', 'TB', 'PB']);
}

/** `12`, `1.2k`, `34M`. */
export function countText(count: number): string {
  return scaled(count, ['', 'k', 'M', 'G', 'T']).replace(' ', '');
}

/** `1,234,567`. */
export function exactText(count: number): string {
  return count.toLocaleString('en-US');
}

/** `0.42 ms`, `31 ms`, `1.3 s`, `2 min 5 s`, `3 h 2 min`, `4 d 1 h`. */
export function spanText(seconds: number): string {
  if (seconds < 0.000_95) return `${Math.round(seconds * 1e6)} µs`;
  if (seconds < 0.9995) return `${digits(seconds * 1e3)} ms`;
  if (seconds < 59.5) return `${digits(seconds)} s`;
  const whole = Math.round(seconds);
  const units = [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ] as const;
  const first = units.findIndex(([, size]) => whole >= size);
  const [name, size] = units[first]!;
  const next = units[first + 1];
  const rest = next ? Math.floor((whole % size) / next[1]) : 0;
  return `${Math.floor(whole / size)} ${name}${next && rest > 0 ? ` ${rest} ${next[0]}` : ''}`;
}

function scaled(value: number, units: readonly string[]): string {
  let unit = 0;
  let rest = value;
  while (rest >= 999.5 && unit < units.length - 1) {
    rest /= 1_000;
    unit++;
  }
  return `${unit === 0 ? Math.round(rest) : digits(rest)} ${units[unit]}`;
}

function digits(value: number): string {
  if (value >= 99.5) return String(Math.round(value));
  return value >= 9.95
    ? value.toFixed(value % 1 < 0.05 ? 0 : 1).replace(/\.0$/, '')
    : value.toFixed(value < 0.995 ? 2 : 1);
}
