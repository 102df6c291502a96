import { Command } from 'commander';
import { captureCommand, type OpenPacketFile } from './capture.js';
import type { Cli } from './cli.js';
import { jobsCommands } from './jobs.js';
import { observeCommand } from './observe.js';
import { runToolCommand } from './run-tool.js';
import type { SecurityOptions } from './security.js';
import { statusCommand } from './status.js';
import { topCommand } from './top.js';

export const DEFAULT_SERVER = '127.0.0.1:4245';

const help = `
Begin with "snoopy status", then "snoopy observe -f". Every command explains itself: snoopy observe --help.

The aggregator is looked for at ${DEFAULT_SERVER}; --server or SNOOPY_SERVER says where else. NO_COLOR switches colours
off; there are none in pipes anyway. SNOOPY_TLS_DIR, SNOOPY_TLS_CA, SNOOPY_TOKEN and SNOOPY_TOKEN_FILE stand for
--tls-dir, --tls-ca, --token and --token-file.

Exit code: 0 fine (Ctrl-C too), 1 refused or failed, 2 no aggregator, 3 a capture has gaps.
`;

/** Where the aggregator is and how to reach it. */
export interface Place extends SecurityOptions {
  readonly server: string;
}

/** Where commands find the server's address and what they run with. */
export interface ProgramParts {
  readonly version: string;
  /** What stands where no flag says otherwise. */
  readonly place: Place;
  readonly makeCli: (place: () => Place) => Cli;
  readonly openPacketFile: OpenPacketFile;
}

/** The command line of `snoopy`. */
export function snoopyProgram(parts: ProgramParts): Command {
  const program = new Command('snoopy')
    .description("See any pod's network from the inside, on every node at once.")
    .version(parts.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', help)
    .showHelpAfterError('(add --help for what there is)')
    .enablePositionalOptions();
  const { place } = parts;
  const cliOf = (command: Command) => parts.makeCli(() => ({ ...place, ...command.opts<Partial<Place>>() }));
  const add = (name: string, parent = program, isDefault = false) =>
    parent
      .command(name, { isDefault })
      .option('--server <host:port>', 'the aggregator', place.server)
      .option('--tls-dir <folder>', 'a folder with ca.crt and token, for an aggregator with --trust local')
      .option('--tls-ca <file>', 'authorities of the aggregator’s certificate; system: those of this machine')
      .option('--tls-server-name <name>', 'the name in its certificate, when it is not snoopy-aggregator')
      .option('--token-file <file>', 'your token: kubectl create token, or your log-in’s')
      .option('--token <token>', 'the same; others on this machine can read it, rather use SNOOPY_TOKEN');
  const observe = add('observe');
  observeCommand(observe, cliOf(observe));
  const status = add('status');
  statusCommand(status, cliOf(status));
  const top = add('top');
  topCommand(top, cliOf(top));
  const capture = add('capture');
  captureCommand(capture, cliOf(capture), parts.openPacketFile);
  const run = add('run');
  runToolCommand(run, cliOf(run));
  const jobs = program.command('jobs').description('SnoopyJobs: what they did, and what they got');
  jobsCommands((name, isDefault) => add(name, jobs, isDefault), cliOf, parts.openPacketFile);
  return program;
}
