import { parseArgs } from 'node:util';

export const HELP = `npm run demo [-- OPTIONS]

A small shop in network namespaces, and Snoopy watching it: an aggregator, two agents ("nodes") and the live table.
Needs root. Ctrl-C ends it and leaves nothing behind.

  --duration TIME    end by itself after so long: 15s, 2m; default: when told to
  -o, --output FORM  table (default), or json: flows as JSON lines and nothing else on standard output.
                     Use "npm run --silent demo -- -o json" in a pipe: npm itself prints two lines otherwise
  --kubernetes       the shop in a Kubernetes cluster instead, made on this machine or yours: --kubernetes --help
  -h, --help         this text
`;

export interface DemoOptions {
  readonly output: 'table' | 'json';
  /** Milliseconds; undefined: until a signal. */
  readonly duration: number | undefined;
  readonly help: boolean;
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** Reads the arguments; throws an Error whose message is for the user. */
export function readOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      duration: { type: 'string' },
      output: { type: 'string', short: 'o', default: 'table' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.output !== 'table' && values.output !== 'json')
    throw new Error(`-o ${values.output}: table or json is accepted`);
  return {
    output: values.output,
    duration: values.duration === undefined ? undefined : readDuration(values.duration),
    help: values.help,
  };
}

/** Milliseconds. */
export function readDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(s|m|h)$/.exec(text);
  const duration = match ? Number(match[1]) * UNITS[match[2]!]! : 0;
  if (duration === 0) throw new Error(`--duration ${text}: a time such as 15s or 2m is accepted`);
  return duration;
}
