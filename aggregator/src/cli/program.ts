import { Command } from 'commander';
import { captureCommand, type OpenPacketFile } from './capture.js';
import type { Cli } from './cli.js';
import { observeCommand } from './observe.js';
import { statusCommand } from './status.js';
import { topCommand } from './top.js';

export const DEFAULT_SERVER = '127.0.0.1:4245';

const help = `
Begin with "snoopy status", then "snoopy observe -f". Every command explains itself: snoopy observe --help.

The aggregator is looked for at ${DEFAULT_SERVER}; --server or SNOOPY_SERVER says where else. NO_COLOR switches colours
off; there are none in pipes anyway.

Exit code: 0 fine (Ctrl-C too), 1 refused or failed, 2 no aggregator, 3 a capture has gaps.
`;

/** Where commands find the server's address and what they run with. */
export interface ProgramParts {
  readonly version: string;
  /** Default of --server. */
  readonly server: string;
  readonly makeCli: (server: () => string) => Cli;
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
  const cliOf = (command: Command) => parts.makeCli(() => command.opts<{ server: string }>().server);
  const add = (name: string) =>
    program.command(name).option('--server <host:port>', 'the aggregator', parts.server);
  const observe = add('observe');
  observeCommand(observe, cliOf(observe));
  const status = add('status');
  statusCommand(status, cliOf(status));
  const top = add('top');
  topCommand(top, cliOf(top));
  const capture = add('capture');
  captureCommand(capture, cliOf(capture), parts.openPacketFile);
  return program;
}
