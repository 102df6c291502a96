import { parse, printable, type RunProgress, SnoopyError } from '@snoopy/proto';
import type { Command } from 'commander';
import { type Cli, ExitCode } from './cli.js';
import { checked, several } from './option-values.js';

interface RunOptions {
  readonly namespace?: string;
  readonly selector?: string;
  readonly pod?: readonly string[];
  readonly duration?: number;
}

const help = `
TOOL is one of the agents' catalogue: tcpdump, ip, ss, tc, iperf3, ping, conntrack, ethtool, nstat. It runs on the node
inside each pod's network, not in its containers; the agent checks the arguments. Put them after --.

Each line of output has the pod before it; lines of standard error have a ! there.

Examples:
  snoopy run ss -n shop -l app=web -- -tin                 sockets of all web pods
  snoopy run ping -n shop --pod api-0 -- -c 3 10.0.0.7
  snoopy run tcpdump -n shop -l app=web -t 10s -- -ni eth0 port 53

Exit code: 0 it ended well everywhere (or was stopped), 1 refused, or it failed in some pod, 2 no aggregator.
`;

export function runToolCommand(command: Command, cli: Cli): Command {
  return command
    .description('run a tool in the network of all matching pods at once')
    .argument('<tool>', 'of the catalogue')
    .argument('[arguments...]', 'of the tool, after --')
    .option('-n, --namespace <name>', 'pods of this namespace')
    .option('-l, --selector <selector>', "pods whose labels match: app=web, tier!=db, 'env in (a,b)'")
    .option('--pod <names>', 'pods with one of these names; web-* matches any ending', several)
    .option('-t, --duration <time>', 'stop it after this time, e.g. 30s', checked(parse.duration))
    .addHelpText('after', help)
    .action((tool: string, args: string[], options: RunOptions) =>
      cli.run(() => runTool(tool, args, options, cli)),
    );
}

async function runTool(tool: string, args: string[], options: RunOptions, cli: Cli): Promise<number> {
  const server = await cli.connect();
  try {
    const { namespace = '', selector = '', pod = [], duration = 0 } = options;
    const start = { namespace, selector, pods: [...pod], tool, args, maxSeconds: Math.ceil(duration) };
    const stream = server.run(start);
    const stop = () => stream.stop();
    const cancel = () => stream.cancel();
    cli.signal.addEventListener('abort', stop);
    cli.terminal.gone.addEventListener('abort', cancel);
    const lines = new Map<string, string>();
    for await (const { output, finished } of stream.responses) {
      if (output) {
        const { namespace: where, pod: name, errors, data } = output;
        await print(`${where}/${name}${errors ? '!' : ':'} `, data, lines, cli);
      }
      if (finished) return await report(finished, lines, cli);
    }
    throw new SnoopyError('UNAVAILABLE', 'The aggregator ended it without saying why');
  } finally {
    server.close();
  }
}

/** Prints whole lines, harmless ones; the rest waits. */
async function print(prefix: string, data: Buffer, lines: Map<string, string>, cli: Cli): Promise<void> {
  const parts = ((lines.get(prefix) ?? '') + data.toString('utf8')).split('\n');
  lines.set(prefix, parts.pop()!.slice(0, 64 << 10));
  const text = parts.map((line) => `${prefix}${safe(line)}\n`).join('');
  if (text !== '') await cli.terminal.write(text, cli.terminal.gone);
}

async function report({ targets }: RunProgress, lines: Map<string, string>, cli: Cli): Promise<number> {
  for (const [prefix, rest] of lines)
    if (rest !== '') await cli.terminal.write(`${prefix}${safe(rest)}\n`, cli.terminal.gone);
  const failed = targets.filter(({ exitCode, error }) => exitCode !== 0 || error !== '');
  for (const { namespace, pod, node, error } of failed)
    cli.terminal.warn(`snoopy: ${namespace}/${pod} on ${node}: ${printable(error, 500)}`);
  return failed.some(({ exitCode, done }) => exitCode !== 0 || !done) || failed.length > 0
    ? ExitCode.failed
    : ExitCode.fine;
}

/** Tabs stay; what a terminal might obey does not. */
function safe(line: string): string {
  return line
    .split('\t')
    .map((part) => printable(part, 64 << 10))
    .join('\t');
}
