import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** A demo as a user starts it, and what it left. demo.sh becomes the demo's node process: the pid is the same. */
export class RunningDemo {
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<{ code: number | null; signal: string | null }>;

  constructor(...args: readonly string[]) {
    // tap gives every child options for node that only tests need
    const command = ['-u', 'NODE_OPTIONS', `${ROOT}scripts/demo.sh`, ...args];
    this.#child = spawn('env', command, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.#ended = once(this.#child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as string | null,
    }));
  }

  get pid(): number {
    return this.#child.pid!;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Closes the reading end of its standard output. */
  stopReading(): void {
    this.#child.stdout!.destroy();
  }

  end(): Promise<{ code: number | null; signal: string | null }> {
    return this.#ended;
  }

  /** Resolves with the match as soon as standard error holds it. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    for (let i = 0; i < 600; i++) {
      const match = pattern.exec(this.stderr);
      if (match) return match;
      if (this.#child.exitCode !== null) break;
      await sleep(50);
    }
    throw new Error(`the demo never said ${pattern}; it said:\n${this.stderr}`);
  }

  /** HOST:PORT of the clients' gRPC, the folder with its token and the URL of the metrics, as the demo tells its user. */
  async addresses(): Promise<{ server: string; trust: string; metrics: string }> {
    const [, metrics] = await this.said(/(http:\/\/\S+\/metrics) +metrics/);
    const [, server] = await this.said(/(127\.0\.0\.1:\d+) +gRPC/);
    const [, trust] = await this.said(/export SNOOPY_TLS_DIR=(\S+)/);
    return { server: server!, trust: trust!, metrics: metrics! };
  }

  namespaces(): string[] {
    const all = existsSync('/run/netns') ? readdirSync('/run/netns') : [];
    return all.filter((name) => name.startsWith(`snt-${this.pid}-`));
  }

  /** Processes of the demo: its descendants, and whoever is in its namespaces. */
  processes(): number[] {
    const inside = this.namespaces().flatMap((name) => numbers(execFileSync('ip', ['netns', 'pids', name])));
    return [...new Set([...inside, ...descendants(this.pid)])];
  }

  /** What is there after the end and should not be: given what `processes` said while it ran. */
  leftovers(processes: readonly number[]): string[] {
    const running = processes.filter((pid) => existsSync(`/proc/${pid}/fd/0`)).map((pid) => `process ${pid}`);
    const directories = readdirSync(tmpdir()).filter((name) => name.startsWith(`snoopy-demo-${this.pid}-`));
    return [...this.namespaces(), ...running, ...directories];
  }
}

function numbers(text: Buffer): number[] {
  return text.toString().split(/\s+/).filter(Boolean).map(Number);
}

function descendants(pid: number): number[] {
  const children = execFileSync('ps', ['-e', '-o', 'pid=,ppid=']).toString().trim().split('\n');
  const parents = children.map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const found = [pid];
  for (let i = 0; i < found.length; i++)
    found.push(...parents.filter(([, parent]) => parent === found[i]).map(([child]) => child));
  return found.slice(1);
}
