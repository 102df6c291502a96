import { constants } from 'node:os';
import type { Podtracer, ToolEnd, ToolProcess } from './podtracer.js';
import type { Sink } from './sink.js';
import { type Target, TargetError } from './target.js';
import type { RunRequest } from './tool-request.js';

/** Exit code for what podtracer itself cannot do, as of timeout(1), env(1) and docker; a tool's own code passes through. */
export const ownFailure = 125;

const verifyEveryMs = 2_000;
/** Milliseconds that sinks have to take the last output once the tool was told to stop. */
const flushMs = 10_000;

export interface RunParts {
  readonly podtracer: Podtracer;
  readonly target: Target;
  readonly request: RunRequest;
  readonly sinks: readonly Sink[];
  /** Stop the tool after this many milliseconds. */
  readonly timerMs?: number;
  /** Aborted by Ctrl-C or SIGTERM; the reason is the signal's name. */
  readonly cancel: AbortSignal;
  /** Takes lines for standard error. */
  readonly say: (line: string) => void;
}

/**
 * Runs a tool until it ends, the timer stops it, the user cancels it, the pod goes or a sink fails; then everything
 * that it printed is handed to the sinks.
 * @returns the exit code for the program
 */
export async function runTool(parts: RunParts): Promise<number> {
  let run: Run;
  try {
    run = new Run(parts);
  } catch (error) {
    await Promise.allSettled(parts.sinks.map((sink) => sink.end()));
    throw error;
  }
  return run.end();
}

class Run {
  readonly #parts: RunParts;
  readonly #tool: ToolProcess;
  readonly #blocked = new Set<Sink>();
  readonly #timers: NodeJS.Timeout[] = [];
  #ended = false;
  /** The first reason to stop: its exit code, and a sentence unless everyone knows. */
  #stopped: { readonly code: number; readonly why?: string } | undefined;

  constructor(parts: RunParts) {
    this.#parts = parts;
    const { podtracer, target, request, sinks, say, cancel, timerMs } = parts;
    for (const sink of sinks) this.#connect(sink);
    this.#tool = podtracer.spawn(target, request, { onData: (chunk) => this.#hand(chunk), onLine: say });
    cancel.addEventListener('abort', () => this.#stop(signalCode(cancel.reason)), { once: true });
    if (cancel.aborted) this.#stop(signalCode(cancel.reason));
    if (timerMs !== undefined) this.#timers.push(setTimeout(() => this.#stop(0), timerMs));
    this.#timers.push(setInterval(() => void this.#verify(), verifyEveryMs));
  }

  async end(): Promise<number> {
    const end = await this.#tool.ended;
    this.#ended = true;
    for (const timer of this.#timers) clearTimeout(timer);
    const ends = await Promise.allSettled(this.#parts.sinks.map((sink) => sink.end()));
    const failures = ends.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
    for (const failure of failures.filter((f) => !readerLeft(f)))
      this.#parts.say(`podtracer: ${failure.message}`);
    if (this.#stopped?.why) this.#parts.say(`podtracer: ${this.#stopped.why}`);
    if (end.cancelled && end.signal === 'SIGKILL') this.#parts.say('podtracer: the tool had to be killed');
    return this.#exitCode(end, failures);
  }

  #exitCode(end: ToolEnd, failures: readonly Error[]): number {
    if (failures.some(readerLeft)) return signalCode('SIGPIPE');
    if (failures.length > 0) return ownFailure;
    return this.#stopped?.code ?? end.code ?? signalCode(end.signal);
  }

  /** The bytes are copied once: the tool's buffer is used again at once. */
  #hand(chunk: Uint8Array): void {
    const own = Buffer.from(chunk);
    for (const sink of this.#parts.sinks) if (!sink.write(own)) this.#blocked.add(sink);
    if (this.#blocked.size > 0) this.#tool.pause();
  }

  #connect(sink: Sink): void {
    sink.onDrain = () => {
      if (this.#blocked.delete(sink) && this.#blocked.size === 0) this.#tool.resume();
    };
    sink.onFailure = () => {
      sink.onDrain();
      this.#stop(ownFailure);
    };
  }

  #stop(code: number, why?: string): void {
    this.#stopped ??= why === undefined ? { code } : { code, why };
    if (this.#ended) return;
    void this.#tool.stop();
    // A sink that takes nothing must not hold us for ever.
    this.#timers.push(setTimeout(() => this.#tool.kill(), flushMs));
  }

  /** Not every tool notices that its pod has gone, and one that does not would keep a dead network alive. */
  async #verify(): Promise<void> {
    try {
      await this.#parts.podtracer.verify(this.#parts.target);
    } catch (error) {
      if (error instanceof TargetError && !this.#stopped) this.#stop(ownFailure, error.message);
    }
  }
}

function readerLeft(error: Error): boolean {
  return (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EPIPE';
}

/** What shells say of a program that a signal ended: 128 and the signal's number. */
function signalCode(name: unknown): number {
  return 128 + (constants.signals[name as NodeJS.Signals] ?? 0);
}
