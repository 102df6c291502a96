import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Guard {
  /** All is done or somebody else takes care: the guard goes without a deed. */
  dismiss(): void;
}

const PROGRAM = fileURLToPath(new URL('./main.js', import.meta.url));

/** A shell that waits for one line; end of file instead of it means that we died, and it takes the cluster down. */
export function startGuard(name: string): Guard {
  const command = ['-c', 'read -r line || exec "$0" "$@"', process.execPath, PROGRAM, 'down', '--name', name];
  const guard = spawn('sh', command, { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  guard.unref();
  (guard.stdin as unknown as { unref(): void }).unref();
  guard.stdin.on('error', () => {}); // it may be gone
  return { dismiss: () => void guard.stdin.end('done\n') };
}
