import type { Connect, Server } from './server.js';
import type { Terminal } from './terminal.js';

/** What every command gets from the program around it. */
export interface Cli {
  readonly terminal: Terminal;
  /** Aborts at Ctrl-C, at SIGTERM, and when nobody reads standard output any more. */
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** To the aggregator that --server or the environment names. */
  readonly connect: () => Promise<Server>;
  readonly connectTo: Connect;
  /** Runs a command and turns what it throws into a sentence and an exit code. */
  readonly run: (command: () => Promise<number>) => Promise<void>;
}

/** How the program ends. */
export const ExitCode = {
  fine: 0,
  /** Refused, or failed. */
  failed: 1,
  /** The aggregator is not there. */
  unreachable: 2,
  /** A capture has a gap, and says which. */
  incomplete: 3,
} as const;
