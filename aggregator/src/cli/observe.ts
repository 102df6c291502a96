import type { GetFlowsRequestMessage, GetFlowsResponse } from '@snoopy/proto';
import { parse } from '@snoopy/proto';
import type { Command } from 'commander';
import type { Cli } from './cli.js';
import { addFilterOptions, type FilterOptions, filtersOf } from './flow-filter.js';
import { flowJson, lossJson } from './flow-json.js';
import { flowStream } from './flow-stream.js';
import { FlowText, lossText } from './flow-text.js';
import { hintsFor } from './hints.js';
import type { Moment } from './moment.js';
import { checked, momentText } from './option-values.js';

/** Flows shown without -f, --since or --last. */
const DEFAULT_LAST = 20;
/** What the aggregator keeps at most. */
const MOST_LAST = 65_536;
/** Silence after which a follower is told why there may be nothing. */
const SILENCE_MS = 5_000;

interface ObserveOptions extends FilterOptions {
  readonly follow?: boolean;
  readonly last?: number;
  readonly since?: Moment;
  readonly until?: Moment;
  readonly all?: boolean;
  readonly output: 'table' | 'json';
  readonly reconnect: boolean;
}

const help = `
Examples:
  snoopy observe                               the last 20 flows
  snoopy observe -f -n shop                    what happens in the namespace shop, live
  snoopy observe -f --outcome failed           connections that are refused, time out or find no host
  snoopy observe --since 5m --dns '*' -o json  DNS of the last five minutes as JSON lines
  snoopy observe -f -l app=web --not port=53   all but DNS

One line is one connection during one window (at most 5 s), both ends merged: SENT is source to destination.
  opened       its first packet was in this window; the outcome is not known yet
  established, refused, unreachable, timeout    what became of the attempt, told once
  closed, reset, aborted, idle                  how it ended (reset: nothing was owed; aborted: something was)
  active       it goes on
  [partial]    a view that should be there is not: something restarted, or data was lost
  [one end only]   both ends are pods, one of them is not watched or did not report in time
The table leaves out ICMPv6 from and to link-local and link-wide addresses unless --all, --protocol or --ip is
given. JSON has every flow, and every field of Flow in proto/snoopy/v1/observer.proto; 64-bit numbers are numbers;
what was lost comes as {"lost":{...}} in between. A reader that is too slow is told what it missed and slows nobody.
`;

export function observeCommand(command: Command, cli: Cli): Command {
  addFilterOptions(command)
    .description('show connections: who talks to whom, what became of it, how much went over it')
    .option('-f, --follow', 'go on with what happens from now on, until Ctrl-C')
    .option(
      '--last <number>',
      'the last N that match (20 without -f, --since and --until)',
      checked(parse.wholeNumber(0, MOST_LAST)),
    )
    .option('--since <time>', '5m ago, or 2026-01-31T12:00:00Z', checked(momentText(cli.nowMs)))
    .option('--until <time>', 'as --since', checked(momentText(cli.nowMs)))
    .option(
      '-o, --output <format>',
      'table or json (one object a line)',
      checked(parse.oneOf('table', 'json')),
      'table',
    )
    .option('--all', "in the table too: IPv6's neighbour and multicast housekeeping")
    .option('--no-reconnect', 'with -f: end when the aggregator goes away')
    .addHelpText('after', help)
    .action(() => cli.run(() => observe(command.opts<ObserveOptions>(), cli)));
  return command;
}

async function observe(options: ObserveOptions, cli: Cli): Promise<number> {
  const request = requestOf(options);
  const { terminal, signal } = cli;
  const server = await cli.connect();
  const show = options.output === 'json' ? jsonOf : tableOf(cli);
  let shown = 0;
  const silence = setTimeout(() => void hint(), options.follow ? SILENCE_MS : 2 ** 30);
  const hint = async () => {
    for (const line of await hintsFor(server, request.include ?? [])) terminal.warn(line);
  };
  try {
    const stream = flowStream(server, {
      request,
      reconnect: options.follow === true && options.reconnect,
      signal,
      warn: (line) => terminal.warn(line),
      connect: cli.connectTo,
      nowMs: cli.nowMs,
    });
    for await (const response of stream) {
      if (response.flows.length > 0) clearTimeout(silence);
      shown += response.flows.length;
      const text = show(response);
      if (text !== '') await terminal.write(text, signal);
    }
    if (shown === 0 && !signal.aborted) await hint();
  } finally {
    clearTimeout(silence);
    server.close();
  }
  return 0;
}

/** What every host says to its link now and then. JSON is for programs, which want everything. */
const housekeeping = { protocols: ['icmpv6'], cidrs: ['fe80::/10', 'ff02::/16'] };

function requestOf(options: ObserveOptions): GetFlowsRequestMessage {
  const bounded = options.since !== undefined || options.until !== undefined;
  const last = options.last ?? (options.follow || bounded ? 0 : DEFAULT_LAST);
  const { include, exclude } = filtersOf(options);
  const quiet = options.output === 'table' && !options.all && !options.protocol && !options.ip;
  return {
    include,
    exclude: quiet ? [...exclude, housekeeping] : exclude,
    last,
    follow: options.follow === true,
    ...(options.since ? { since: options.since } : {}),
    ...(options.until ? { until: options.until } : {}),
  };
}

function jsonOf({ flows, lost }: GetFlowsResponse): string {
  const lines = [...lost.map(lossJson), ...flows.map(flowJson)];
  return lines.map((line) => `${line}\n`).join('');
}

function tableOf(cli: Cli): (response: GetFlowsResponse) => string {
  const text = new FlowText(cli.terminal.paint);
  let begun = false;
  return ({ flows, lost }) => {
    for (const loss of lost) cli.terminal.warn(`snoopy: ${lossText(loss)}`);
    const lines = flows.map((flow) => text.line(flow));
    if (lines.length > 0 && !begun) lines.unshift(text.header());
    begun ||= lines.length > 0;
    return lines.map((line) => `${line}\n`).join('');
  };
}
