import { parse } from '@snoopy/proto';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type PodsSetting, parsePods } from '../pods/pods-setting.js';
import { catalogue } from './catalogue/catalogue.js';

/** `podtracer run`, its flags read. */
export interface RunOptions {
  readonly arguments?: string;
  readonly pod: string;
  readonly namespace: string;
  readonly container?: string;
  readonly timer?: number;
  readonly file?: string;
  readonly stdout?: boolean;
  readonly destination?: string;
  readonly port?: number;
  readonly hostNetwork?: boolean;
}

export interface CommonOptions {
  readonly pods: PodsSetting;
  readonly hostProc: string;
}

/** What the commands do; given by main. */
export interface Actions {
  run(tool: string, options: RunOptions & CommonOptions): Promise<void>;
  pods(options: CommonOptions & { readonly output: 'table' | 'json' }): Promise<void>;
}

const intro = [
  'Runs network tools inside a pod’s network, without touching the pod.',
  'A tool is this machine’s own program, started inside the network namespace of the pod as an unprivileged user; nothing runs in the pod’s containers. It takes root, and the container runtime’s socket or a list of namespaces.',
  'Start with `podtracer pods` (what is there), `podtracer tools` (what can be run) and `podtracer run --help`.',
].join('\n\n');

const afterRun = `
Where the output goes: -s, -f and -d may be given together; with none of them it goes to standard output. What the tool
says on standard error comes on standard error.

It ends when the tool ends, when the time of -t is over, at Ctrl-C or when the pod goes. The tool gets SIGINT, so that
tcpdump writes what it holds and prints its counters, and SIGKILL 2 s later.

Exit codes: the tool's own; 0 when -t stopped it; 130 after Ctrl-C; 125 when podtracer itself failed (no such pod,
arguments that are refused, a collector that is not there), with a sentence on standard error.

Examples:
  podtracer run tcpdump -a "-i eth0 -c 10 'tcp port 80'" --pod web-0 -n shop
  podtracer run tcpdump -a "-i eth0 -w -" --pod web-0 -n shop -t 30s -f web.pcap
  podtracer run ss -a "-tin" --pod web-0 -n shop
  podtracer run tcpdump -a "-i eth0 -w -" --pod web-0 -n shop -d 10.0.0.7 -p 51001`;

/** The command line of podtracer. */
export function createProgram(version: string, actions: Actions): Command {
  const program = new Command('podtracer')
    .description(intro)
    .version(version, '-V, --version', 'print the version')
    .showHelpAfterError('(podtracer --help says more)')
    .exitOverride();
  addRun(program, actions);
  addPods(program, actions);
  program
    .command('tools')
    .description('List the tools there are and which arguments they take')
    .action(() => program.configureOutput().writeOut?.(toolsText()));
  return program;
}

function addRun(program: Command, actions: Actions): void {
  const run = program
    .command('run')
    .description('Run a tool in a pod’s network')
    .argument('<tool>', `one of ${catalogue.map(({ name }) => name).join(', ')}`)
    .option('-a, --arguments <text>', 'arguments of the tool, quoted as in a shell; nothing is expanded')
    .requiredOption('--pod <name>', 'the pod')
    .requiredOption('-n, --namespace <name>', 'the namespace it is in')
    .option('-c, --container <name>', 'a container of it that must be running; they share the pod’s network')
    .option('-t, --timer <time>', 'stop the tool after this time: 30s, 1h, 2h30m', value(positiveTime))
    .option(
      '-f, --file <path>',
      'write the output to this file (overwritten; 0600; never through a symbolic link)',
    )
    .option('-s, --stdout', 'write the output to standard output')
    .option('-d, --destination <host>', 'send the output to a collector (gRPC protobuf.DataEndpoint)')
    .option('-p, --port <number>', 'port of the collector', value(parse.wholeNumber(1, 65_535)))
    .option('--host-network', 'allow a pod whose network is the node’s own')
    .addHelpText('after', afterRun)
    .action((tool: string, options: RunOptions & CommonOptions) => actions.run(tool, options));
  addCommon(run);
}

function addPods(program: Command, actions: Actions): void {
  const pods = program
    .command('pods')
    .description('List the pods of this node')
    .addOption(
      new Option('-o, --output <format>', 'one JSON object per line, or a table')
        .choices(['table', 'json'])
        .default('table'),
    )
    .action(actions.pods);
  addCommon(pods);
}

function addCommon(command: Command): void {
  command
    .addOption(
      new Option('--pods <source>', 'where pods come from: cri[:SOCKET] or netns:FILE')
        .env('SNOOPY_PODS')
        .argParser(value(parsePods))
        .default({ kind: 'cri' }, 'cri, the first runtime that answers'),
    )
    .addOption(new Option('--host-proc <path>', 'the node’s /proc').env('SNOOPY_HOST_PROC').default('/proc'));
}

function positiveTime(text: string): number {
  const seconds = parse.duration(text);
  if (seconds > 0 && seconds <= 24 * 86_400) return seconds;
  throw new Error('give more than nothing and at most 24 days');
}

/** Makes commander show a parser's sentence. */
function value<T>(read: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return read(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
}

function toolsText(): string {
  return `${catalogue.map(({ name, help }) => `${name.padEnd(10)} ${help}`).join('\n')}\n`;
}

/** The original took `--stdout true` in the form of Go's flags: `--stdout=true`, `--stdout=false`. */
export function goFlags(argv: readonly string[]): string[] {
  return argv.flatMap((word) => {
    if (word === '--stdout=true') return ['--stdout'];
    return word === '--stdout=false' ? [] : [word];
  });
}
