import type { PodInfo } from '../pods/pod-source.js';
import type { InterfaceInfo } from './interface-info.js';
import type { Target } from './target.js';
import type { ToolRequest } from './tool-request.js';

/** How a tool ended. */
export interface ToolEnd {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** It was ended by `stop`, `kill` or the abort signal. */
  readonly cancelled: boolean;
  readonly durationMs: number;
  readonly stdoutBytes: number;
  /** Lines on standard error, those dropped by the bound included. */
  readonly stderrLines: number;
  readonly stderrLinesDropped: number;
  /** The last lines on standard error, printable: why it failed. */
  readonly lastLines: readonly string[];
}

export interface ToolHandlers {
  /**
   * Called synchronously with the next bytes of standard output. The array is one fixed 64 KiB buffer that the next
   * call overwrites: copy what you keep. `pause()` and `resume()` may be called from here.
   */
  onData(chunk: Uint8Array): void;
  /** A line of standard error, made printable, at most 1,000 characters. */
  onLine?(line: string): void;
  /** Aborting is `stop()`. */
  readonly cancel?: AbortSignal;
}

/** A tool that runs inside a pod's network. */
export interface ToolProcess {
  readonly pid: number;
  /** Resolves, never rejects, when the tool has exited and its output has been read to the end. */
  readonly ended: Promise<ToolEnd>;
  /** Stops reading; the tool blocks when the kernel's socket buffer is full. */
  pause(): void;
  resume(): void;
  /** Sends a signal to the tool alone (SIGUSR1: tcpdump's counters; SIGUSR2: flush). False when it is gone. */
  signal(name: NodeJS.Signals): boolean;
  /** SIGINT (tcpdump flushes and prints its counters), after 2 s SIGKILL to the whole group. */
  stop(): Promise<ToolEnd>;
  /** SIGKILL to the whole group. */
  kill(): void;
}

export interface ResolveOptions {
  /** Name or id of a container that must run. The way in is the same: all containers of a pod share its network. */
  readonly container?: string;
  /** Enter even when the pod's network is the node's own. */
  readonly allowHostNetwork?: boolean;
}

/** The way into a pod. */
export interface Podtracer {
  /** Finds, opens and verifies the pod's network namespace. Throws TargetError with a reason. */
  resolve(pod: PodInfo, options?: ResolveOptions): Promise<Target>;
  /** Throws TargetError when the namespace is no longer that pod's. */
  verify(target: Target): Promise<void>;
  /** Interfaces inside the pod, with addresses. Throws SnoopyError. */
  interfaces(target: Target): Promise<readonly InterfaceInfo[]>;
  /** Compiles a capture filter alone, unprivileged. Throws SnoopyError(BAD_INPUT) with tcpdump's own words. */
  compileFilter(filter: string): Promise<void>;
  /**
   * Starts a tool of the catalogue. Throws SnoopyError(BAD_INPUT) when the request is refused; what fails later is
   * told by `ended`.
   */
  spawn(target: Target, request: ToolRequest, handlers: ToolHandlers): ToolProcess;
}
