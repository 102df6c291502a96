import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Namespace, plainEnvironment } from '@snoopy/scripts/rig/netns';

const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));

export interface ListedPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string;
  readonly labels?: Record<string, string>;
  readonly netns: string;
}

/** An agent as people start it, over a list of network namespaces. */
export class AgentProcess {
  stderr = '';
  readonly #folder = mkdtempSync(join(tmpdir(), 'snoopy-agent-'));
  readonly #list = join(this.#folder, 'pods.json');
  #child: ChildProcess | undefined;
  readonly #atExit = (): void => this.#remove();

  constructor() {
    process.once('exit', this.#atExit); // also when a test fails before its teardown
  }

  get pid(): number {
    return this.#child!.pid!;
  }

  /** Whether it runs. */
  get alive(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Writes the list that the agent watches. */
  list(pods: readonly ListedPod[]): void {
    writeFileSync(this.#list, JSON.stringify(pods));
  }

  start(aggregator: string, ...flags: readonly string[]): void {
    this.#spawn(process.execPath, [], aggregator, flags);
  }

  /** Starts one that watches the pods of a runtime instead of the list. */
  startCri(socket: string, aggregator: string, ...flags: readonly string[]): void {
    this.#spawn(process.execPath, [], aggregator, ['--pods', `cri:${socket}`, ...flags]);
  }

  /** Starts it, and with it its tools, on one core. */
  startOn(core: string, aggregator: string, ...flags: readonly string[]): void {
    this.#spawn('taskset', ['-c', core, process.execPath], aggregator, flags);
  }

  /** Starts it through a command that prepares its world and then becomes it. */
  startUnder(command: readonly string[], aggregator: string, ...flags: readonly string[]): void {
    this.#spawn(command[0]!, [...command.slice(1), process.execPath], aggregator, flags);
  }

  #spawn(command: string, before: readonly string[], aggregator: string, flags: readonly string[]): void {
    const list = flags.includes('--pods') ? [] : ['--pods', `netns:${this.#list}`];
    const pods = [...list, '--flows', 'packets'];
    const http = flags.includes('--http') ? [] : ['--http', 'off'];
    const common = ['--aggregator', aggregator, '--node-name', 'node-a', ...pods, ...http];
    this.#child = spawn(command, [...before, main, ...common, ...flags], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: plainEnvironment(),
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Ends it properly. Returns its exit code. */
  async stop(): Promise<number | null> {
    const child = this.#child;
    if (child && this.alive) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    this.#remove();
    return child?.exitCode ?? null;
  }

  #remove(): void {
    process.off('exit', this.#atExit);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async exit(): Promise<void> {
    if (this.alive) await once(this.#child!, 'exit');
  }

  /** Lines of the log that hold a text. */
  logged(text: string): number {
    return this.stderr.split('\n').filter((line) => line.includes(text)).length;
  }
}

/** A namespace as the agent's list names it. */
export function listed(namespace: Namespace, more: Partial<ListedPod> = {}): ListedPod {
  return {
    namespace: 'shop',
    name: namespace.label,
    uid: `uid-${namespace.label}`,
    labels: { app: namespace.label },
    netns: namespace.path,
    ...more,
  };
}

/** Pids of live tcpdumps (zombies aside) inside a namespace, by the inode of its network. */
export function tcpdumpsIn(namespace: Namespace): number[] {
  return namespace.pids().filter((pid) => isTcpdump(pid));
}

/** Whether a process is a tcpdump that lives. */
export function isTcpdump(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.includes('(tcpdump)') && !/\) Z /.test(stat);
  } catch {
    return false;
  }
}

/** Pids of all processes whose parent is one of these, however deep. */
export function descendants(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const fields = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]!.split(' ');
      parents.set(Number(name), Number(fields[1]));
    } catch {
      // it ended meanwhile
    }
  }
  const found = [pid];
  for (const one of found) for (const [child, parent] of parents) if (parent === one) found.push(child);
  return found.slice(1);
}
