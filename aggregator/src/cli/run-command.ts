import { printable, SnoopyError } from '@snoopy/proto';
import { ExitCode } from './cli.js';
import { ReaderGone, type Terminal } from './terminal.js';

/**
 * Runs a command; what it throws becomes a sentence on standard error and an exit code.
 * @param stopped aborts when the user wants the end: then nothing that ends early is a failure
 */
export async function runCommand(
  command: () => Promise<number>,
  terminal: Terminal,
  stopped: AbortSignal,
): Promise<number> {
  try {
    return await command();
  } catch (error) {
    if (error instanceof ReaderGone) return ExitCode.fine;
    const known = error instanceof SnoopyError;
    if (stopped.aborted && known) return ExitCode.fine;
    terminal.warn(`snoopy: ${known ? error.message : printable(String(error), 1_000)}`);
    return known && error.code === 'UNAVAILABLE' ? ExitCode.unreachable : ExitCode.failed;
  }
}
