import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
/** Lines of its log that are shown when a program ends unexpectedly. */
const LOG_LINES = 20;
/** How long a program may take to end by itself, milliseconds. */
const GRACE = 5_000;
const READY_TRIES = 300;
const READY_PAUSE = 50;

export interface ProgramOptions {
  /** Gives its standard output to the demo's own. */
  readonly shown?: boolean;
}

/**
 * One of Snoopy's programs as a child. It is in a process group of its own, so that Ctrl-C reaches the demo alone,
 * which ends everything in order; should the demo be killed, the kernel ends the program.
 */
export class Program {
  readonly #child: ChildProcess;
  readonly #log: string[] = [];
  readonly #ended: Promise<void>;
  #stopping = false;

  /** @param path of the built program, from the repository's root */
  constructor(
    readonly name: string,
    path: string,
    args: readonly string[],
    options: ProgramOptions = {},
  ) {
    const command = ['--pdeathsig', 'TERM', '--', process.execPath, `${ROOT}${path}`, ...args];
    this.#child = spawn('setpriv', command, {
      stdio: ['ignore', options.shown ? 'inherit' : 'pipe', 'pipe'],
      detached: true,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => this.#remember(text));
    this.#ended = once(this.#child, 'close').then(() => {});
  }

  /** Rejects with the end of its log if it ends before it is told to; resolves after a wanted end. */
  async watch(): Promise<void> {
    await this.#ended;
    if (!this.#stopping) throw this.#complaint('ended');
  }

  /** Resolves with its exit code when it has ended, wanted or not. */
  async end(): Promise<number> {
    await this.#ended;
    return this.#child.exitCode ?? -1;
  }

  /** Waits until `url` answers with 200; fails if the program ends before, or after 15 s. */
  async ready(url: string): Promise<void> {
    for (let i = 0; i < READY_TRIES; i++) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) throw this.#complaint('ended');
      const ok = await fetch(url).then(
        (response) => response.ok,
        () => false,
      );
      if (ok) return;
      await sleep(READY_PAUSE);
    }
    throw this.#complaint(`is not ready after ${(READY_TRIES * READY_PAUSE) / 1_000} s (${url})`);
  }

  /** Asks it to end, kills it if it does not, and waits. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#stopping = true;
    this.#child.kill(signal);
    const timer = setTimeout(() => this.kill(), GRACE);
    await this.#ended;
    clearTimeout(timer);
  }

  /** At once, without waiting. */
  kill(): void {
    this.#stopping = true;
    this.#child.kill('SIGKILL');
  }

  #complaint(what: string): Error {
    const code = this.#child.signalCode ?? this.#child.exitCode;
    const how = code === null ? '' : `, ${typeof code === 'number' ? 'exit code' : 'signal'} ${code}`;
    return new Error([`${this.name} ${what}${how}`, ...this.#log].join('\n  '));
  }

  #remember(text: string): void {
    this.#log.push(...text.split('\n').filter(Boolean));
    if (this.#log.length > LOG_LINES) this.#log.splice(0, this.#log.length - LOG_LINES);
  }
}
