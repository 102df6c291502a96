#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { parse, SnoopyError } from '@snoopy/proto';
import { type Cli, ExitCode } from './cli.js';
import { openDiskFile } from './disk-file.js';
import { PipeFile } from './pipe-file.js';
import { DEFAULT_SERVER, type Place, snoopyProgram } from './program.js';
import { connectServer } from './remote-server.js';
import { runCommand } from './run-command.js';
import { readSecurity } from './security.js';
import { Terminal } from './terminal.js';

const terminal = new Terminal(process.stdout, process.stderr, (process.env.NO_COLOR ?? '') !== '');
const stop = new AbortController();
const nowMs = () => Date.now();
let code: number = ExitCode.fine;

/** Asks for the end in good order; asked twice, ends at once. */
function interrupt(): void {
  if (stop.signal.aborted) process.exit(130);
  stop.abort();
}

function makeCli(place: () => Place): Cli {
  // Read again for every connection: tokens end.
  const connect = (address: string, signal?: AbortSignal) =>
    connectServer(address, readSecurity(place(), readFileSync), signal);
  return {
    terminal,
    signal: AbortSignal.any([stop.signal, terminal.gone]),
    nowMs,
    connect: async () => connect(checkedAddress(place().server), stop.signal),
    connectTo: async (address, signal) => connect(address, signal),
    run: async (command) => {
      code = await runCommand(command, terminal, stop.signal);
    },
  };
}

function checkedAddress(text: string): string {
  try {
    parse.hostPort(text);
    return text;
  } catch (error) {
    throw new SnoopyError('BAD_INPUT', `"${text}" is no address: ${(error as Error).message}.`);
  }
}

function version(): string {
  const file = new URL('../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

process.on('SIGINT', interrupt);
process.on('SIGTERM', interrupt);
const program = snoopyProgram({
  version: version(),
  place: {
    server: process.env.SNOOPY_SERVER || DEFAULT_SERVER,
    tlsDir: process.env.SNOOPY_TLS_DIR ?? '',
    tlsCa: process.env.SNOOPY_TLS_CA ?? '',
    tlsServerName: process.env.SNOOPY_TLS_SERVER_NAME ?? '',
    token: process.env.SNOOPY_TOKEN ?? '',
    tokenFile: process.env.SNOOPY_TOKEN_FILE ?? '',
  },
  makeCli,
  openPacketFile: async (path, force) => (path === '-' ? new PipeFile(terminal) : openDiskFile(path, force)),
});
await program.parseAsync(process.argv);
await flushed(stop.signal.aborted ? 500 : 2 ** 30);
process.exit(code);

/** What a pipe has not taken yet would be lost by the exit. */
async function flushed(mostMs: number): Promise<void> {
  if (terminal.gone.aborted) return;
  await new Promise<void>((resolve) => {
    setTimeout(resolve, mostMs);
    terminal.gone.addEventListener('abort', () => resolve());
    process.stdout.write('', () => resolve());
  });
}
