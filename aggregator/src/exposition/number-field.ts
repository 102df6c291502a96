/**
 * Numbers of fixed width in a page that is kept between scrapes: 16 columns, right-aligned, padded with spaces,
 * which the text format allows before a value. `end` is the offset behind the last digit.
 */
export const FIELD_WIDTH = 16;

const ZERO = 48;
const BILLION = 1e9;

/**
 * Writes a whole number from 0 to 2^53. Digits that are the same as in `shown`, the number that stands there, are
 * left alone; `shown` is at most `value`, or -1 when there are only spaces.
 */
export function putInteger(buffer: Buffer, end: number, value: number, shown: number): void {
  if (value < BILLION) {
    putSmall(buffer, end, value, shown);
    return;
  }
  const high = Math.floor(value / BILLION);
  putPadded(buffer, end, value - high * BILLION, 9);
  putSmall(buffer, end - 9, high, shown < BILLION ? -1 : Math.floor(shown / BILLION));
}

function putSmall(buffer: Buffer, end: number, value: number, shown: number): void {
  let at = end;
  let rest = value | 0;
  let old = shown | 0;
  do {
    const tenth = (rest / 10) | 0;
    buffer[--at] = ZERO + rest - tenth * 10;
    rest = tenth;
    old = (old / 10) | 0;
  } while (rest !== 0 && rest !== old);
}

/** All of `digits`, zeros in front. */
function putPadded(buffer: Buffer, end: number, value: number, digits: number): void {
  let rest = value | 0;
  for (let at = end - 1; at >= end - digits; at--) {
    const tenth = (rest / 10) | 0;
    buffer[at] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
}

/** Most seconds that have room for six decimals. */
const MOST_SECONDS = 999_999_999;

/** Writes microseconds as seconds, with six decimals where there is room. */
export function putSeconds(buffer: Buffer, end: number, us: number): void {
  const seconds = Math.floor(us / 1e6);
  if (seconds > MOST_SECONDS) {
    buffer.fill(' ', end - FIELD_WIDTH, end);
    putInteger(buffer, end, seconds, -1);
    return;
  }
  putPadded(buffer, end, us - seconds * 1e6, 6);
  buffer[end - 7] = 46;
  putSmall(buffer, end - 7, seconds, -1);
}
