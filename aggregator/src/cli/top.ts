import { type Loss, parse, printable } from '@snoopy/proto';
import type { Command } from 'commander';
import type { Cli } from './cli.js';
import { table } from './columns.js';
import { addFilterOptions, type FilterOptions, filtersOf } from './flow-filter.js';
import { flowStream } from './flow-stream.js';
import { lossText } from './flow-text.js';
import { hintsFor } from './hints.js';
import { checked } from './option-values.js';
import { bytesText, exactText, spanText } from './quantity.js';
import type { Server } from './server.js';
import { SlidingTally } from './sliding-tally.js';
import { type Grouping, groupings, type Order, orders, type Row } from './tally.js';

const REFRESH_MS = 2_000;
const MOST_ROWS = 1_000;

interface TopOptions extends FilterOptions {
  readonly by: Grouping;
  readonly sort?: Order;
  readonly rows?: number;
  readonly window?: number;
  readonly once?: boolean;
  readonly output: 'table' | 'json';
}

const help = `
Examples:
  snoopy top                                who talks most, by pairs of workloads
  snoopy top --by port --sort failures      which services fail
  snoopy top --by failures                  who fails to reach whom, and why
  snoopy top --by dns -n shop               which names are asked for, and which fail
  snoopy top --once --window 30s -o json    half a minute, summed, one JSON object for each row

Rates are means over the window, 10 s unless --window says otherwise, 5 s with --once. A connection that goes on is
counted each 5 s, so a shorter window flickers. BYTES are of frames, both directions. CONNECTIONS began in the
window (with --by dns: questions). FAILURES are attempts refused, unreachable or timed out, and connections aborted
(with --by dns: every answer but NOERROR); --by failures shows nothing else, the most first. LATENCY is the mean
handshake, with --by dns the mean answer.
`;

export function topCommand(command: Command, cli: Cli): Command {
  addFilterOptions(command)
    .description('show who talks most, refreshed every 2 s')
    .option('--by <group>', groupings.join(', '), checked(parse.oneOf(...groupings)), 'workload')
    .option('--sort <column>', `${orders.join(', ')} (default: bytes)`, checked(parse.oneOf(...orders)))
    .option('--rows <number>', 'rows to show', checked(parse.wholeNumber(1, MOST_ROWS)))
    .option('--window <time>', 'what rates are taken over', checked(windowSeconds))
    .option('--once', 'show one window and end')
    .option(
      '-o, --output <format>',
      'table or json (implies --once)',
      checked(parse.oneOf('table', 'json')),
      'table',
    )
    .addHelpText('after', help)
    .action(() => cli.run(() => top(command.opts<TopOptions>(), cli)));
  return command;
}

function windowSeconds(text: string): number {
  const seconds = parse.duration(text);
  if (seconds < 1 || seconds > 3_600) throw new Error('give a time from 1s to 1h');
  return seconds;
}

async function top(options: TopOptions, cli: Cli): Promise<number> {
  const once = options.once === true || options.output === 'json';
  const seconds = options.window ?? (once ? 5 : 10);
  const tally = new SlidingTally(options.by, seconds);
  const lost: Loss[] = [];
  const server = await cli.connect();
  tally.begin(cli.nowMs());
  const end = new AbortController();
  const signal = AbortSignal.any([cli.signal, end.signal]);
  const reading = read(server, options, cli, signal, tally, lost).finally(() => end.abort());
  try {
    if (once) {
      await pause(seconds * 1_000, signal);
      await showOnce(options, cli, server, tally, lost);
    } else {
      while (!signal.aborted) {
        await pause(REFRESH_MS, signal);
        if (!signal.aborted) await cli.terminal.write(screen(options, cli, tally, lost), signal);
      }
    }
  } finally {
    end.abort();
    await reading;
    server.close();
  }
  return 0;
}

async function read(
  server: Server,
  options: TopOptions,
  cli: Cli,
  signal: AbortSignal,
  tally: SlidingTally,
  lost: Loss[],
): Promise<void> {
  const stream = flowStream(server, {
    request: { ...filtersOf(options), follow: true },
    reconnect: true,
    signal,
    warn: (line) => cli.terminal.warn(line),
    connect: cli.connectTo,
    nowMs: cli.nowMs,
  });
  for await (const response of stream) {
    for (const flow of response.flows) tally.add(flow, cli.nowMs());
    for (const loss of response.lost) addLoss(lost, loss);
  }
}

async function showOnce(
  options: TopOptions,
  cli: Cli,
  server: Server,
  tally: SlidingTally,
  lost: readonly Loss[],
): Promise<void> {
  const { terminal } = cli;
  const sum = tally.sum(cli.nowMs());
  const seconds = tally.seconds(cli.nowMs());
  const rows = sum.top(orderOf(options), options.rows ?? MOST_ROWS);
  for (const loss of lost) terminal.warn(`snoopy: ${lossText(loss)}`);
  if (rows.length === 0) {
    for (const line of await hintsFor(server, filtersOf(options).include)) terminal.warn(line);
  }
  if (options.output === 'json')
    await terminal.write(rows.map((row) => rowJson(row, options.by, seconds)).join(''));
  else await terminal.write(`${lines(rows, options.by, seconds).join('\n')}\n`);
}

function orderOf({ sort, by }: TopOptions): Order {
  return sort ?? (by === 'failures' ? 'failures' : 'bytes');
}

/** The whole screen anew on a terminal; else one block after the other. */
function screen(options: TopOptions, cli: Cli, tally: SlidingTally, lost: readonly Loss[]): string {
  const { out, paint } = cli.terminal;
  const sum = tally.sum(cli.nowMs());
  const seconds = tally.seconds(cli.nowMs());
  const height = (out.rows ?? 24) - 6 - lost.length;
  const rows = sum.top(orderOf(options), options.rows ?? Math.max(5, out.isTTY ? height : 20));
  const [head, ...body] = lines(rows, options.by, seconds);
  const total = sum.total();
  const text = [
    `${exactText(sum.size)} ${options.by === 'workload' ? 'workload pairs' : `groups by ${options.by}`}, ` +
      `${bytesText(total.bytes / seconds)}/s, ${exactText(total.connections)} connections, ` +
      `${exactText(total.failures)} failures in the last ${spanText(seconds)}`,
    ...lost.map((loss) => paint.odd(lossText(loss))),
    '',
    paint.bold(head!),
    ...body.map((line, i) => (rows[i]!.failures > 0 ? paint.bad(line) : line)),
    '',
  ];
  const width = out.columns ?? 0;
  const cut = out.isTTY && width > 0 ? text.map((line) => clip(line, width)) : text;
  return `${out.isTTY ? '\u001b[H\u001b[2J' : ''}${cut.join('\n')}`;
}

/** Cut to the terminal's width; a line with colours is longer than it looks and is left alone. */
function clip(line: string, width: number): string {
  return line.length > width && !line.includes('\u001b') ? `${line.slice(0, width - 1)}…` : line;
}

function lines(rows: readonly Row[], by: Grouping, seconds: number): string[] {
  const right = 'right' as const;
  return table(
    [
      { title: by.toUpperCase() },
      { title: 'BYTES/S', align: right },
      { title: 'PACKETS/S', align: right },
      { title: by === 'dns' ? 'QUESTIONS' : 'CONNECTIONS', align: right },
      { title: 'FAILURES', align: right },
      { title: 'LATENCY', align: right },
    ],
    rows.map((row) => [
      printable(row.key, 120),
      bytesText(row.bytes / seconds),
      exactText(Math.round(row.packets / seconds)),
      exactText(row.connections),
      exactText(row.failures),
      row.latencies > 0 ? spanText(row.latencySum / row.latencies) : '-',
    ]),
  );
}

function rowJson(row: Row, by: Grouping, seconds: number): string {
  const { key, bytes, packets, connections, failures } = row;
  const meanLatencySeconds = row.latencies > 0 ? row.latencySum / row.latencies : null;
  const rates = { bytesPerSecond: bytes / seconds, packetsPerSecond: packets / seconds };
  return `${JSON.stringify({ by, key: printable(key, 600), seconds, bytes, packets, connections, failures, ...rates, meanLatencySeconds })}\n`;
}

function addLoss(lost: Loss[], loss: Loss): void {
  const known = lost.find((l) => l.node === loss.node && l.stage === loss.stage && l.reason === loss.reason);
  if (known) known.count += loss.count;
  else lost.push({ ...loss });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
