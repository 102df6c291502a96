import type { RunTask, TargetReportMessage, TaskStateName } from '@snoopy/proto';
import type { Podtracer, ToolEnd, ToolProcess } from '../podtracer/podtracer.js';
import type { Target } from '../podtracer/target.js';
import type { PacketSender } from '../uplink/packet-sender.js';

/** Lines on standard error that are passed on; a tool that says more has gone mad. */
const mostErrorLines = 1_000;

export interface ToolTargetOptions {
  readonly podtracer: Podtracer;
  readonly target: Target;
  readonly taskId: string;
  readonly run: RunTask;
  /** What to say when the policy's bytes end it. */
  readonly overBytes: string;
  readonly packets: PacketSender;
}

/** A tool in one pod, whose output goes up as it comes. */
export class ToolTarget {
  state: TaskStateName = 'TASK_STATE_RUNNING';
  /** Resolves when its last output is queued. */
  readonly ended: Promise<void>;

  readonly #options: ToolTargetOptions;
  readonly #tool: ToolProcess;
  #error = '';
  #bytes = 0;
  #lines = 0;
  #exitCode = 0;
  #full = false;
  #stopping = false;

  /** Throws SnoopyError when the catalogue refuses the tool or its arguments. */
  constructor(options: ToolTargetOptions) {
    this.#options = options;
    const { podtracer, target, run } = options;
    const request = { kind: 'run' as const, tool: run.tool, args: run.args };
    this.#tool = podtracer.spawn(target, request, {
      onData: (chunk) => this.#output(chunk),
      onLine: (line) => this.#line(line),
    });
    this.ended = this.#tool.ended.then((end) => this.#end(end));
  }

  report(): TargetReportMessage {
    return {
      podUid: this.#options.target.pod.uid,
      state: this.state,
      error: this.#error,
      bytes: this.#bytes,
      exitCode: this.#exitCode,
    };
  }

  askCounters(): void {}

  /** @param why what the asker should know; empty: it was asked for */
  stop(why = ''): void {
    if (why !== '') this.#error ||= why;
    this.#stopping = true;
    this.#tool.resume(); // what it has still comes, and so does its end
    void this.#tool.stop();
  }

  #output(chunk: Uint8Array): void {
    const { run, overBytes, packets } = this.#options;
    if (this.#full) return;
    const room = run.maxBytes > 0 ? run.maxBytes - this.#bytes : chunk.length;
    this.#send(Buffer.from(chunk.subarray(0, room)), false);
    if (chunk.length > room) {
      this.#full = true;
      this.stop(overBytes);
    } else if (packets.isFull && !this.#stopping) {
      this.#tool.pause();
      packets.whenRoom(() => this.#tool.resume());
    }
  }

  #line(line: string): void {
    if (++this.#lines <= mostErrorLines) this.#send(Buffer.from(`${line}\n`), true);
  }

  #send(output: Buffer, errors: boolean): void {
    const { taskId, target, packets } = this.#options;
    if (!packets.attached || output.length === 0) return;
    if (!errors) this.#bytes += output.length;
    packets.send({ taskId, podUid: target.pod.uid, output, errors });
  }

  #end(end: ToolEnd): void {
    const { taskId, target, packets } = this.#options;
    this.#exitCode = end.code ?? 0;
    if (!end.cancelled && end.code !== 0)
      this.#error ||= end.signal ? `it was ended by ${end.signal}` : `it ended with code ${end.code}`;
    this.state = end.cancelled || end.code === 0 ? 'TASK_STATE_DONE' : 'TASK_STATE_FAILED';
    if (packets.attached) packets.send({ taskId, podUid: target.pod.uid, last: true, error: this.#error });
  }
}
