import { type FlowFilterMessage, parseSelector, SnoopyError } from '@snoopy/proto';
import type { Command } from 'commander';
import { repeated, several } from './option-values.js';

/** What the filter options of a command gave. */
export interface FilterOptions {
  readonly namespace?: readonly string[];
  readonly selector?: string;
  readonly pod?: readonly string[];
  readonly ip?: readonly string[];
  readonly port?: readonly string[];
  readonly protocol?: readonly string[];
  readonly outcome?: readonly string[];
  readonly dns?: readonly string[];
  readonly tlsName?: readonly string[];
  readonly not?: readonly string[];
}

export interface Filters {
  readonly include: FlowFilterMessage[];
  readonly exclude: FlowFilterMessage[];
}

type OutcomeWord = keyof typeof outcomes;
const outcomes = {
  established: ['OUTCOME_ESTABLISHED'],
  refused: ['OUTCOME_REFUSED'],
  unreachable: ['OUTCOME_UNREACHABLE'],
  timeout: ['OUTCOME_TIMEOUT'],
  failed: ['OUTCOME_REFUSED', 'OUTCOME_UNREACHABLE', 'OUTCOME_TIMEOUT'],
} as const;

/** Adds the options that choose flows. */
export function addFilterOptions(command: Command): Command {
  return command
    .option('-n, --namespace <names>', 'one end is in one of these namespaces', several)
    .option('-l, --selector <selector>', "one end's labels match: app=web, tier!=db, 'env in (a,b)'")
    .option('--pod <names>', 'one end is one of these pods; web-* matches any ending', several)
    .option(
      '--ip <addresses>',
      'one end has one of these addresses or lies in one of these networks',
      several,
    )
    .option('--port <ports>', 'one end has one of these ports', several)
    .option('--protocol <names>', 'tcp, udp, sctp, icmp, icmpv6 or a number', several)
    .option(
      '--outcome <words>',
      `${Object.keys(outcomes).join(', ')} (the last means all three before)`,
      several,
    )
    .option('--dns <names>', 'it asked for one of these names; *.example.com, example.*', several)
    .option(
      '--tls-name <names>',
      'its client asked TLS for one of these server names; *.example.com',
      several,
    )
    .option(
      '--not <filter>',
      "leave out what matches, e.g. --not port=53 or --not 'namespace=ops protocol=udp'; may be repeated",
      repeated,
    );
}

/** Options → filters. Throws BAD_INPUT with a sentence. */
export function filtersOf(options: FilterOptions): Filters {
  const include = filterOf(options);
  return {
    include: Object.keys(include).length > 0 ? [include] : [],
    exclude: (options.not ?? []).map(excludeOf),
  };
}

function filterOf(options: FilterOptions): FlowFilterMessage {
  const { namespace, selector, pod, ip, port, protocol, outcome, dns, tlsName } = options;
  return {
    ...(namespace ? { namespaces: [...namespace] } : {}),
    ...(selector !== undefined && selector !== '' ? { selector: checkedSelector(selector) } : {}),
    ...(pod ? { pods: [...pod] } : {}),
    ...(ip ? { cidrs: [...ip] } : {}),
    ...(port ? { ports: port.map(portNumber) } : {}),
    ...(protocol ? { protocols: protocol.map((name) => name.toLowerCase()) } : {}),
    ...(outcome ? { outcomes: outcome.flatMap(outcomeNames) } : {}),
    ...(dns ? { dnsNames: [...dns] } : {}),
    ...(tlsName ? { tlsNames: [...tlsName] } : {}),
  };
}

/** `port=53` or several of them between spaces, which must then all match. */
function excludeOf(text: string): FlowFilterMessage {
  const options: Record<string, readonly string[] | string> = {};
  // Only `selector=` may hold spaces and further `=`; it takes the rest.
  const [, head, selector] = /^(.*?)(?:(?:^|\s)selector=(.*))?$/.exec(text)!;
  if (selector !== undefined) options.selector = selector;
  for (const part of head!.split(/\s+/).filter((word) => word !== '')) {
    const [key, value] = part.split(/=(.*)/);
    if (!key || !value || !excludeKeys.includes(key)) {
      const keys = [...excludeKeys, 'selector'].join(', ');
      throw new SnoopyError('BAD_INPUT', `--not ${text} will not do: give KEY=VALUE with one of ${keys}.`);
    }
    options[key] = several(value, options[key] as readonly string[] | undefined);
  }
  if (Object.keys(options).length === 0) {
    throw new SnoopyError('BAD_INPUT', '--not needs a filter such as port=53.');
  }
  return filterOf(options as FilterOptions);
}

const excludeKeys = ['namespace', 'pod', 'ip', 'port', 'protocol', 'outcome', 'dns'];

/** The aggregator checks it too, but speaks of fields of a message. */
function checkedSelector(text: string): string {
  try {
    parseSelector(text);
    return text;
  } catch (error) {
    throw new SnoopyError('BAD_INPUT', `The selector "${text}" will not do: ${(error as Error).message}.`);
  }
}

function portNumber(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new SnoopyError('BAD_INPUT', `"${text}" is no port: give a number from 0 to 65535.`);
}

function outcomeNames(word: string): readonly (typeof outcomes)[OutcomeWord][number][] {
  if (Object.hasOwn(outcomes, word)) return outcomes[word as OutcomeWord];
  throw new SnoopyError(
    'BAD_INPUT',
    `"${word}" is no outcome: give one of ${Object.keys(outcomes).join(', ')}.`,
  );
}
