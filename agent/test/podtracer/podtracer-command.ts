import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { nodeChild } from './node-child.js';

const program = fileURLToPath(new URL('../../src/podtracer/main.js', import.meta.url));

export interface CommandEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** The real command while it runs. */
export interface RunningCommand {
  readonly child: ChildProcess;
  readonly ended: Promise<CommandEnd>;
  /** What came on standard output and standard error so far. */
  stdout(): string;
  stderr(): string;
}

/** Starts `podtracer` with these arguments. */
export function startPodtracer(pods: string, ...args: readonly string[]): RunningCommand {
  const child = spawn(...nodeChild(program, ...args), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, SNOOPY_PODS: pods },
  });
  const chunks: Buffer[] = [];
  let stderr = '';
  child.stdout!.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<CommandEnd>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, stdout: Buffer.concat(chunks), stderr }));
  });
  return { child, ended, stdout: () => Buffer.concat(chunks).toString(), stderr: () => stderr };
}

/** Runs `podtracer` to its end. */
export function podtracer(pods: string, ...args: readonly string[]): Promise<CommandEnd> {
  return startPodtracer(pods, ...args).ended;
}
