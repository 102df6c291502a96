import { pino } from 'pino';

export type Log = pino.Logger;

/** The root log of a program: JSON lines on standard error. Payloads and secrets never go in. */
export function createLog(program: string, level = 'info'): Log {
  return pino({ name: program, level, base: { program } }, pino.destination({ dest: 2, sync: true }));
}
