const levels = { debug: 20, info: 30, warn: 40, error: 50 } as const;

type Level = keyof typeof levels;

/** Fields, then a sentence; or a sentence alone. An error goes into the field `err`. */
export type LogMethod = {
  (fields: object, message: string): void;
  (message: string): void;
};

export type Log = Readonly<Record<Level, LogMethod>>;

/**
 * The root log of a program: JSON lines on standard error, with the fields and numbers of levels that pino has. Payloads
 * and secrets never go in.
 */
export function createLog(program: string, level = 'info'): Log {
  const least = levels[level as Level] ?? levels.info;
  const method = (name: Level): LogMethod => {
    const number = levels[name];
    if (number < least) return () => {};
    return (first: object | string, message?: string) => {
      const fields = typeof first === 'string' ? { msg: first } : { ...plain(first), msg: message };
      const line = { level: number, time: Date.now(), program, ...fields };
      process.stderr.write(`${JSON.stringify(line)}\n`);
    };
  };
  return { debug: method('debug'), info: method('info'), warn: method('warn'), error: method('error') };
}

/** Errors say nothing in JSON by themselves. */
function plain(fields: object): object {
  const { err } = fields as { err?: unknown };
  if (!(err instanceof Error)) return fields;
  const { name: type, message, stack } = err;
  return { ...fields, err: { type, message, stack } };
}
