import { parseArgs } from 'node:util';

/** One setting of a program: the flag `--name` and the variable `SNOOPY_NAME`. */
export interface Setting<T> {
  /** What the value is, for the help text: HOST:PORT, MIB … ; empty for a switch. */
  readonly value: string;
  /** One sentence; units included. */
  readonly help: string;
  /** The value as text when nothing is given; undefined: it must be given. */
  readonly fallback?: string;
  /** Throws an Error whose message says what is accepted. */
  readonly parse: (text: string) => T;
}

export type Settings<S> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never };

export type Schema = Record<string, Setting<unknown>>;

export interface ParsedSettings<S> {
  readonly settings?: Settings<S>;
  /** Every problem, each a sentence; empty when `settings` is there. */
  readonly problems: readonly string[];
  readonly help: boolean;
  readonly version: boolean;
}

/** `--packet-memory` → `SNOOPY_PACKET_MEMORY`. */
export function variableOf(flag: string): string {
  return `SNOOPY_${flag.replaceAll('-', '_').toUpperCase()}`;
}

/**
 * Reads a program's settings from its arguments, then its environment, then the defaults.
 * Keys of `schema` are flag names. All problems are reported at once.
 */
export function readSettings<S extends Schema>(
  schema: S,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedSettings<S> {
  const problems: string[] = [];
  const given = readFlags(schema, argv, problems);
  const result: Record<string, unknown> = {};
  for (const [flag, setting] of Object.entries(schema)) {
    const source = given.has(flag) ? `--${flag}` : variableOf(flag);
    const text = given.get(flag) ?? env[variableOf(flag)] ?? setting.fallback;
    if (text === undefined) {
      problems.push(`--${flag} ${setting.value} is missing (or ${variableOf(flag)}): ${setting.help}`);
      continue;
    }
    try {
      result[flag] = setting.parse(text);
    } catch (error) {
      problems.push(`${source}: ${JSON.stringify(text)} will not do: ${(error as Error).message}`);
    }
  }
  const help = given.has('help');
  const version = given.has('version');
  const ok = problems.length === 0;
  return { ...(ok ? { settings: result as Settings<S> } : {}), problems, help, version };
}

function readFlags(schema: Schema, argv: readonly string[], problems: string[]): Map<string, string> {
  const switches = ['help', 'version', ...Object.keys(schema).filter((flag) => schema[flag]!.value === '')];
  const options = Object.fromEntries([
    ...Object.keys(schema).map((flag) => [flag, { type: 'string' as const }]),
    ...switches.map((flag) => [flag, { type: 'boolean' as const }]),
    ['help', { type: 'boolean' as const, short: 'h' }],
  ]);
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true });
  const given = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === 'positional')
      problems.push(`${JSON.stringify(token.value)} is not a flag; see --help`);
    if (token.kind !== 'option') continue;
    if (!(token.name in options)) problems.push(`${token.rawName} is not known; see --help`);
    else if (switches.includes(token.name)) given.set(token.name, 'true');
    else if (token.value === undefined)
      problems.push(`${token.rawName} needs a value: ${schema[token.name]!.value}`);
    else given.set(token.name, token.value);
  }
  return given;
}

/** The `--help` text: what the program is, then every setting with its default. */
export function helpText(intro: string, schema: Schema): string {
  const rows = Object.entries(schema).map(([flag, s]) => {
    const head = `  --${flag}${s.value ? ` ${s.value}` : ''}`;
    const fallback =
      s.fallback === undefined ? 'must be given' : s.fallback === '' ? '' : `default: ${s.fallback}`;
    return `${head}\n        ${s.help}${fallback ? ` (${fallback})` : ''}`;
  });
  return `${intro}\n\nEvery flag is also an environment variable: --http is ${variableOf('http')}.\n\n${rows.join('\n')}\n  -h, --help\n  --version\n`;
}
