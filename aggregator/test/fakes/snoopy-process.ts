import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The `snoopy` command as a process of its own. */
export class SnoopyProcess {
  stdout = '';
  stderr = '';
  readonly #chunks: Buffer[] = [];
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;

  constructor(args: readonly string[], env: Record<string, string> = {}) {
    this.child = spawn(process.execPath, [main, ...args], {
      env: { PATH: process.env.PATH, TZ: 'UTC', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout!.on('data', (data: Buffer) => {
      this.#chunks.push(data);
      this.stdout += data;
    });
    this.child.stderr!.on('data', (data: Buffer) => {
      this.stderr += data;
    });
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr }));
    });
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** Resolves when both outputs together match. Rejects after 10 s or when the process has ended without. */
  async sees(pattern: RegExp): Promise<void> {
    let over = false;
    void this.ended.then(() => {
      over = true;
    });
    const deadline = Date.now() + 30_000;
    while (!pattern.test(this.stdout + this.stderr)) {
      if (over || Date.now() > deadline) {
        throw new Error(`${pattern} was never printed, but:\n${this.stdout}\n${this.stderr}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

/** Runs it to its end. */
export function snoopy(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return new SnoopyProcess(args, env).ended;
}

/** Runs it on a terminal of 200 columns (util-linux script); what it prints has CR LF line ends. */
export async function snoopyOnTerminal(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; screen: string }> {
  const quoted = [process.execPath, main, ...args]
    .map((word) => `'${word.replaceAll("'", "'\\''")}'`)
    .join(' ');
  const child = spawn('script', ['-qec', `stty cols 200; ${quoted}`, '/dev/null'], {
    env: { PATH: process.env.PATH, TZ: 'UTC', TERM: 'xterm', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let screen = '';
  child.stdout.on('data', (data: Buffer) => {
    screen += data;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, screen };
}
