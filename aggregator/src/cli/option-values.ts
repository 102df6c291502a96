import { parse } from '@snoopy/proto';
import { InvalidArgumentError } from 'commander';
import { type Moment, momentOf } from './moment.js';

/** Makes a parser of a setting one of an option: its complaint becomes commander's. */
export function checked<T>(parser: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parser(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
}

/** An option that may be given several times, each time with one or more values between commas. */
export function several(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...parse.list(text).filter((item) => item !== '')];
}

/** An option that may be given several times with one value. */
export function repeated(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** A moment: `5m` ago, or RFC 3339. @param nowMs milliseconds since 1970 */
export function momentText(nowMs: () => number): (text: string) => Moment {
  return (text) => {
    if (/^\d{4}-/.test(text)) {
      const ms = Date.parse(text);
      if (!Number.isNaN(ms)) return momentOf(ms);
    } else {
      const ago = durationOrNaN(text);
      if (!Number.isNaN(ago)) return momentOf(nowMs() - ago * 1_000);
    }
    throw new Error('give a time before now such as 5m, or a moment such as 2026-01-31T12:00:00Z');
  };
}

function durationOrNaN(text: string): number {
  try {
    return parse.duration(text);
  } catch {
    return Number.NaN;
  }
}
