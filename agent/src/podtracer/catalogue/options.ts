import { refuse } from './command.js';

/** The options of a tool that takes them as getopt_long(3) does. What is not listed is refused. */
export interface OptionSpec {
  readonly tool: string;
  /** Short options without a value. */
  readonly flags: string;
  /** Short options with a value. */
  readonly values: string;
  /** Long options without a value. */
  readonly longFlags: readonly string[];
  /** Long options with a value. */
  readonly longValues: readonly string[];
  /** Why a refused option is refused, by its spelling (`-z`, `--logfile`). */
  readonly reasons?: Readonly<Record<string, string>>;
  /** Throws when a value will not do. */
  readonly checkValue?: (option: string, value: string) => void;
}

export interface Options {
  /** Each option spelled alone, its value after it: what the tool gets is what was checked. */
  readonly options: readonly string[];
  /** What follows the options; nothing in it begins with `-`. */
  readonly rest: readonly string[];
}

/**
 * Splits arguments into options and the rest. Long options must be spelled out: getopt would take a beginning.
 * Options after the first other argument are refused, some tools would obey them.
 */
export function readOptions(spec: OptionSpec, args: readonly string[]): Options {
  const options: string[] = [];
  let at = 0;
  while (at < args.length && isOption(args[at]!)) {
    const argument = args[at++]!;
    if (argument === '--') break;
    at += (argument.startsWith('--') ? readLong : readShort)(spec, argument, args[at], options);
  }
  const rest = args.slice(at);
  const late = rest.find(isOption);
  if (late !== undefined) throw refuse(spec.tool, late, 'options come before everything else');
  return { options, rest };
}

function isOption(argument: string): boolean {
  return argument.startsWith('-') && argument !== '-';
}

/** Reads `--name`, `--name=value` or `--name value`; returns how many further arguments it took. */
function readLong(spec: OptionSpec, argument: string, next: string | undefined, options: string[]): number {
  const equals = argument.indexOf('=');
  const option = equals < 0 ? argument : argument.slice(0, equals);
  const name = option.slice(2);
  if (spec.longFlags.includes(name) && equals < 0) {
    options.push(option);
    return 0;
  }
  if (!spec.longValues.includes(name)) throw refuseOption(spec, option);
  const value = equals < 0 ? next : argument.slice(equals + 1);
  pushValue(spec, option, value, options);
  return equals < 0 ? 1 : 0;
}

/** Reads `-abc`, `-ovalue` or `-o value`; returns how many further arguments it took. */
function readShort(spec: OptionSpec, argument: string, next: string | undefined, options: string[]): number {
  for (let i = 1; i < argument.length; i++) {
    const letter = argument[i]!;
    const option = `-${letter}`;
    if (spec.flags.includes(letter)) {
      options.push(option);
      continue;
    }
    if (!spec.values.includes(letter)) throw refuseOption(spec, option);
    const attached = argument.slice(i + 1);
    pushValue(spec, option, attached === '' ? next : attached, options);
    return attached === '' ? 1 : 0;
  }
  return 0;
}

function pushValue(spec: OptionSpec, option: string, value: string | undefined, options: string[]): void {
  if (value === undefined) throw refuse(spec.tool, option, 'it needs a value');
  spec.checkValue?.(option, value);
  if (option.startsWith('--')) options.push(`${option}=${value}`);
  else options.push(option, value);
}

function refuseOption(spec: OptionSpec, option: string): Error {
  const why = spec.reasons?.[option] ?? 'it is not in the catalogue; podtracer tools lists what is';
  return refuse(spec.tool, option, why);
}
