import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { type Clock, SnoopyError } from '@snoopy/proto';
import type { Capability, Command } from './catalogue/command.js';
import { elfInterpreter } from './elf-interpreter.js';
import type { Launcher } from './launcher.js';
import { LineReader } from './line-reader.js';
import type { ToolEnd, ToolHandlers, ToolProcess } from './podtracer.js';
import { readOutput, type ToolOutput } from './tool-output.js';

/** Where tools are looked for; nothing in the environment changes that. */
const folders = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const environment = { PATH: folders.join(':'), LANG: 'C', LC_ALL: 'C' };
/** "nobody" of Debian, and of most others. */
const nobody = 65_534;
/**
 * Milliseconds between SIGINT and SIGKILL, in parts: when this process itself stands still for seconds only one of them
 * passes, and the tool, which may have waited for us, still says its last words.
 */
const patienceMs = 2_000;
const patienceParts = 8;

/**
 * Starts tools through nsenter and setpriv: the namespace is handed over as an open descriptor, so nothing can be
 * swapped between verifying and entering; there is no shell; every right but those named is dropped for good; the tool
 * dies with the thread that started it (the parent-death signal), which must therefore be the main one.
 */
export class NsenterLauncher implements Launcher {
  constructor(readonly clock: Clock) {}

  launch(command: Command, handlers: ToolHandlers, namespace?: number): ToolProcess {
    handlers.cancel?.throwIfAborted();
    const drop = ['setpriv', ...privileges(command.capabilities), '--', ...program(command), ...command.args];
    // Descriptor 3 of the child is the namespace.
    const line = namespace === undefined ? drop : ['nsenter', '--net=/proc/self/fd/3', '--', ...drop];
    const child = spawn(line[0]!, line.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe', ...(namespace === undefined ? [] : [namespace])],
      detached: true,
      cwd: '/',
      env: environment,
    });
    return new RunningTool(child, handlers, this.clock);
  }
}

function privileges(capabilities: readonly Capability[]): string[] {
  const set = ['-all', ...capabilities.map((name) => `+${name}`)].join(',');
  return [
    `--reuid=${nobody}`,
    `--regid=${nobody}`,
    '--clear-groups',
    `--inh-caps=${set}`,
    `--ambient-caps=${set}`,
    `--bounding-set=${set}`,
    '--no-new-privs',
    '--pdeathsig',
    'KILL',
  ];
}

/** The tool's file, behind its loader where the file itself must not be executed. */
function program(command: Command): string[] {
  const path = find(command);
  const loader = command.fileCapabilities ? elfInterpreter(path) : undefined;
  const run = loader === undefined ? [path] : [loader, path];
  const stdbuf = command.outputBuffer === undefined ? undefined : inFolders('stdbuf');
  return stdbuf === undefined ? run : [stdbuf, `--output=${command.outputBuffer}`, ...run];
}

function inFolders(tool: string): string | undefined {
  for (const folder of folders) {
    const path = join(folder, tool);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this one.
    }
  }
  return undefined;
}

function find({ tool, package: debianPackage }: Command): string {
  const path = inFolders(tool);
  if (path !== undefined) return path;
  const message = `${tool} is not installed where podtracer runs; on Debian the package ${debianPackage} has it`;
  throw new SnoopyError('UNSUPPORTED', message);
}

/** A started tool and the account of its end. */
class RunningTool implements ToolProcess {
  readonly pid: number;
  readonly ended: Promise<ToolEnd>;
  readonly #child: ChildProcess;
  readonly #output: ToolOutput;
  readonly #stderr: LineReader;
  #exited = false;
  #cancelled = false;
  #killTimer: NodeJS.Timeout | undefined;

  constructor(child: ChildProcess, { onData, onLine, cancel }: ToolHandlers, clock: Clock) {
    this.#child = child;
    this.pid = child.pid ?? 0;
    this.#stderr = new LineReader(clock, (line) => onLine?.(line));
    const stderrEnded = readLines(child.stderr as Readable, this.#stderr);
    const { promise: outputEnded, resolve } = withResolvers();
    this.#output = readOutput(child.stdout as Readable, onData, resolve);
    const onAbort = (): void => void this.stop();
    cancel?.addEventListener('abort', onAbort, { once: true });
    this.ended = this.#account(Promise.all([outputEnded, stderrEnded]), clock.monotonicMs(), clock).finally(
      () => cancel?.removeEventListener('abort', onAbort),
    );
  }

  pause(): void {
    this.#output.pause();
  }

  resume(): void {
    this.#output.resume();
  }

  signal(name: NodeJS.Signals): boolean {
    return !this.#exited && this.#child.kill(name);
  }

  stop(): Promise<ToolEnd> {
    this.#cancelled = true;
    // What the tool has written by then can still be read; only its own buffer is lost.
    if (this.signal('SIGINT') && !this.#killTimer) this.#killAfter(patienceParts);
    return this.ended;
  }

  #killAfter(parts: number): void {
    const next = (): void => (parts > 1 ? this.#killAfter(parts - 1) : signalGroup(this.pid, 'SIGKILL'));
    this.#killTimer = setTimeout(next, patienceMs / patienceParts);
  }

  kill(): void {
    this.#cancelled = true;
    if (!this.#exited) signalGroup(this.pid, 'SIGKILL');
    // Nobody would read on.
    if (this.#output.paused) this.#output.destroy();
  }

  async #account(read: Promise<unknown>, startedMs: number, clock: Clock): Promise<ToolEnd> {
    const { code, signal } = await this.#exit();
    this.#exited = true;
    clearTimeout(this.#killTimer);
    const durationMs = clock.monotonicMs() - startedMs;
    // What a tool of ours left behind in its group must not hold the output open.
    signalGroup(this.pid, 'SIGKILL');
    await read;
    return {
      code,
      signal,
      cancelled: this.#cancelled,
      durationMs,
      stdoutBytes: this.#output.bytes,
      stderrLines: this.#stderr.lines,
      stderrLinesDropped: this.#stderr.dropped,
      lastLines: this.#stderr.last,
    };
  }

  #exit(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    return new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => resolve({ code, signal }));
      // It could not be started at all; 127 is what shells say then.
      this.#child.once('error', (error) => {
        this.#stderr.push(Buffer.from(`${error.message}\n`));
        this.#output.destroy();
        this.#child.stderr?.destroy();
        resolve({ code: 127, signal: null });
      });
    });
  }
}

function readLines(stderr: Readable, lines: LineReader): Promise<void> {
  const { promise, resolve } = withResolvers();
  stderr.on('data', (chunk: Buffer) => lines.push(chunk));
  stderr.once('close', () => {
    lines.end();
    resolve();
  });
  stderr.on('error', () => stderr.destroy());
  return promise;
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Each tool leads a process group of its own, whose number is its process id. */
function signalGroup(pid: number, name: NodeJS.Signals): void {
  if (pid <= 1) return;
  try {
    process.kill(-pid, name);
  } catch {
    // Nobody is left in it.
  }
}
