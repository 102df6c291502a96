import { type CaptureProgress, type CaptureStartMessage, parse, SnoopyError } from '@snoopy/proto';
import type { Command } from 'commander';
import { captureLine, captureReport } from './capture-text.js';
import { type Cli, ExitCode } from './cli.js';
import { checked, several } from './option-values.js';
import type { PacketFile } from './packet-file.js';
import type { CaptureStream } from './server.js';

interface CaptureOptions {
  readonly namespace?: string;
  readonly selector?: string;
  readonly pod?: readonly string[];
  readonly interface?: readonly string[];
  readonly snaplen?: number;
  readonly count?: number;
  readonly maxBytes?: number;
  readonly duration?: number;
  readonly write?: string;
  readonly output?: string;
  readonly force?: boolean;
}

/** Opens where the packets go; `-` is standard output. */
export type OpenPacketFile = (path: string, force: boolean) => Promise<PacketFile>;

const help = `
FILTER is a pcap-filter(7) expression as tcpdump takes it; put it last, after -- if a part of it begins with a dash.

Examples:
  snoopy capture -n shop -l app=web -w web.pcapng              all web pods into one file, until Ctrl-C
  snoopy capture -n shop --pod 'api-*' -t 30s -w api.pcapng tcp port 8080
  snoopy capture -n shop -c 1000 -s 128 -w head.pcapng         the first 1,000 packets, 128 bytes of each
  snoopy capture -n shop -l app=web -o - | wireshark -k -i -   live in Wireshark
  snoopy capture -n shop -o - | tshark -r -                    live in a terminal

Wireshark shows the pod of each packet in frame.interface_name ("shop/web-1/eth0@node-a"): add it as a column. What
was dropped, if anything, is in the statistics of the capture file and in a comment on the packet after the gap
(filter: frame.comment).

Pods that begin to match later join while the capture runs. Packets of all pods stand in the order of their time,
corrected by the clock offset of the nodes; one that comes over a second late is written late, and counted.

Exit code: 0 the file is complete, 3 it has gaps and the report says which, 1 refused or failed, 2 no aggregator.
`;

export function captureCommand(command: Command, cli: Cli, open: OpenPacketFile): Command {
  return command
    .description('capture the packets of all matching pods into one pcapng')
    .argument('[filter...]', 'pcap-filter(7) expression')
    .option('-n, --namespace <name>', 'pods of this namespace')
    .option('-l, --selector <selector>', "pods whose labels match: app=web, tier!=db, 'env in (a,b)'")
    .option('--pod <names>', 'pods with one of these names; web-* matches any ending', several)
    .option('-i, --interface <names>', 'only these interfaces (all but lo)', several)
    .option(
      '-s, --snaplen <bytes>',
      'bytes of each packet to keep (all)',
      checked(parse.wholeNumber(0, 262_144)),
    )
    .option(
      '-c, --count <packets>',
      'end after so many packets in all',
      checked(parse.wholeNumber(1, 2 ** 53 - 1)),
    )
    .option(
      '--max-bytes <size>',
      'end before the file is larger, e.g. 100MB (64KiB at least)',
      checked(parse.bytes),
    )
    .option('-t, --duration <time>', 'end after this time, e.g. 30s', checked(wholeSeconds))
    .option('-w, --write <file>', 'where to write; - is standard output')
    .option('-o, --output <file>', 'the same')
    .option('--force', 'overwrite the file if it is there')
    .addHelpText('after', help)
    .action((filter: string[], options: CaptureOptions) =>
      cli.run(() => capture(startOf(options, filter), options, cli, open)),
    );
}

function startOf(options: CaptureOptions, filter: readonly string[]): CaptureStartMessage {
  return {
    namespace: options.namespace ?? '',
    selector: options.selector ?? '',
    pods: [...(options.pod ?? [])],
    interfaces: [...(options.interface ?? [])],
    filter: filter.join(' '),
    snaplen: options.snaplen ?? 0,
    maxPackets: options.count ?? 0,
    maxBytes: options.maxBytes ?? 0,
    maxSeconds: options.duration ?? 0,
  };
}

function wholeSeconds(text: string): number {
  return Math.max(1, Math.ceil(parse.duration(text)));
}

async function capture(
  start: CaptureStartMessage,
  options: CaptureOptions,
  cli: Cli,
  open: OpenPacketFile,
): Promise<number> {
  const path = pathOf(options, cli);
  const server = await cli.connect();
  try {
    const file = await open(path, options.force === true);
    try {
      return await record(server.capture(start), file, cli);
    } finally {
      await file.close();
    }
  } finally {
    server.close();
  }
}

function pathOf({ write, output }: CaptureOptions, cli: Cli): string {
  if (write !== undefined && output !== undefined && write !== output) {
    throw new SnoopyError('BAD_INPUT', 'Give -w or -o, not both.');
  }
  const path = write ?? output ?? (cli.terminal.out.isTTY ? undefined : '-');
  if (path === undefined || path === '') {
    throw new SnoopyError('BAD_INPUT', 'Say where the packets go: -w FILE, or -o - for a pipe.');
  }
  if (path === '-' && cli.terminal.out.isTTY) {
    throw new SnoopyError(
      'BAD_INPUT',
      'A terminal cannot show packets: give -w FILE, or pipe them: snoopy capture … -o - | wireshark -k -i -',
    );
  }
  return path;
}

/** Takes the capture's messages until `finished`. */
async function record(stream: CaptureStream, file: PacketFile, cli: Cli): Promise<number> {
  const stop = () => stream.stop();
  const cancel = () => stream.cancel();
  if (cli.signal.aborted) stream.cancel();
  cli.signal.addEventListener('abort', stop);
  cli.terminal.gone.addEventListener('abort', cancel);
  const line = new ProgressLine(cli);
  let last: CaptureProgress | undefined;
  try {
    for await (const response of stream.responses) {
      if (response.pcapng) await file.write(response.pcapng);
      last = response.finished ?? response.progress ?? response.started ?? last;
      if (response.finished) return report(response.finished, line, cli);
      if (last && !response.pcapng) line.show(captureLine(last));
    }
    throw new SnoopyError('UNAVAILABLE', 'The aggregator ended the capture without saying why');
  } catch (error) {
    stream.cancel();
    line.clear();
    if (cli.terminal.gone.aborted) return ExitCode.fine;
    if (!(error instanceof SnoopyError) || file.written === 0) throw error;
    cli.terminal.warn(`snoopy: ${error.message}`);
    cli.terminal.warn('Incomplete: the capture ended before its end; the file holds what had come.');
    return ExitCode.incomplete;
  } finally {
    cli.signal.removeEventListener('abort', stop);
    cli.terminal.gone.removeEventListener('abort', cancel);
  }
}

function report(finished: CaptureProgress, line: ProgressLine, cli: Cli): number {
  line.clear();
  for (const text of captureReport(finished)) cli.terminal.warn(text);
  return finished.complete ? ExitCode.fine : ExitCode.incomplete;
}

/** One line on a terminal that is written over again and again; silent elsewhere. */
class ProgressLine {
  constructor(readonly cli: Cli) {}

  show(text: string): void {
    const { err } = this.cli.terminal;
    if (err.isTTY) err.write(`\r\u001b[K${text.slice(0, (err.columns ?? 80) - 1)}`);
  }

  clear(): void {
    const { err } = this.cli.terminal;
    if (err.isTTY) err.write('\r\u001b[K');
  }
}
