import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';

const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** The program, in a process of its own. */
export class Program {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly ended: Promise<number | string>;

  constructor(t: Test, args: readonly string[], env: Record<string, string> = {}) {
    // A test runner gives its children options for node, which make the program larger and slower than it is.
    const command = ['-u', 'NODE_OPTIONS', process.execPath, main, ...args];
    this.child = spawn('env', command, {
      env: { PATH: process.env.PATH ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout!.on('data', (data) => {
      this.stdout += data;
    });
    this.child.stderr!.on('data', (data) => {
      this.stderr += data;
    });
    this.ended = once(this.child, 'close').then(([code, signal]) => code ?? signal);
    t.teardown(() => this.child.kill('SIGKILL'));
  }

  /** Log lines so far. */
  get log(): Record<string, unknown>[] {
    const lines = this.stderr.split('\n').filter((line) => line.startsWith('{'));
    return lines.map((line) => JSON.parse(line));
  }

  /** Waits until it listens. @returns its addresses */
  async listening(): Promise<{ agents: string; clients: string; http: string }> {
    for (;;) {
      const line = this.log.find(({ msg }) => msg === 'listening');
      if (line) return line as unknown as { agents: string; clients: string; http: string };
      const end = await Promise.race([
        this.ended,
        new Promise<undefined>((r) => setTimeout(() => r(undefined), 20)),
      ]);
      if (end !== undefined) throw new Error(`it ended with ${end}: ${this.stderr}`);
    }
  }
}

/** Ports that the kernel chooses, on this machine alone. */
export const anyPorts = ['agents-listen', 'listen', 'http'].flatMap((flag) => [`--${flag}`, '127.0.0.1:0']);
