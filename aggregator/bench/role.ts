import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A process of the bench, asked one thing at a time. */
export class Role {
  readonly #process: ChildProcess;

  constructor(file: string, args: string[] = [], env: Record<string, string> = {}) {
    const path = fileURLToPath(new URL(file, import.meta.url));
    this.#process = fork(path, args, { execArgv: ['--expose-gc'], env: { ...process.env, ...env } });
  }

  next<Answer>(): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const exited = () => reject(new Error('a process of the bench ended'));
      this.#process.once('exit', exited);
      this.#process.once('message', (message) => {
        this.#process.off('exit', exited);
        resolve(message as Answer);
      });
    });
  }

  ask<Answer>(message: string | object): Promise<Answer> {
    const answer = this.next<Answer>();
    this.#process.send(message);
    return answer;
  }

  /** Resident bytes: the most so far. Linux. */
  peakBytes(): number {
    const status = readFileSync(`/proc/${this.#process.pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)![1]) * 1_024;
  }

  end(): void {
    this.#process.disconnect();
  }
}
