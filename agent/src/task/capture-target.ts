import type { CaptureTask, TargetReportMessage, TaskStateName } from '@snoopy/proto';
import type { Podtracer, ToolEnd, ToolProcess } from '../podtracer/podtracer.js';
import type { Target } from '../podtracer/target.js';
import type { PacketSender } from '../uplink/packet-sender.js';
import { CaptureCounters } from '../watch/capture-counters.js';
import { type Chunk, PacketChunker } from './packet-chunker.js';

/** Packets wait this long at most for others to travel with, milliseconds. */
const flushMs = 100;

export interface CaptureTargetOptions {
  readonly podtracer: Podtracer;
  readonly target: Target;
  readonly interface: string;
  readonly taskId: string;
  readonly capture: CaptureTask;
  /** What is to be said when `capture.maxBytes` ends it; empty: it was asked for. */
  readonly overBytes: string;
  /** The asker's filter, Snoopy's own link left out. */
  readonly filter: string;
  readonly ringKiB: number;
  readonly packets: PacketSender;
}

/** One interface's part in a capture: a tcpdump whose packets go up in chunks. */
export class CaptureTarget {
  state: TaskStateName = 'TASK_STATE_RUNNING';
  error = '';
  /** Resolves when its last chunk is queued. */
  readonly ended: Promise<void>;

  readonly #options: CaptureTargetOptions;
  readonly #tool: ToolProcess;
  readonly #counters = new CaptureCounters();
  readonly #chunker = new PacketChunker((chunk) => this.#send(chunk));
  readonly #timer: NodeJS.Timeout;
  #packets = 0;
  #bytes = 0;
  #dropped = 0;
  #full = false;
  #stopping = false;
  #why = '';

  constructor(options: CaptureTargetOptions) {
    this.#options = options;
    const { capture } = options;
    this.#tool = options.podtracer.spawn(
      options.target,
      {
        kind: 'capture',
        interface: options.interface,
        snaplen: capture.snaplen,
        filter: options.filter,
        ringKiB: options.ringKiB,
        nanoseconds: true,
        everyPacket: true,
        ...(capture.maxPackets > 0 ? { maxPackets: capture.maxPackets } : {}),
      },
      { onData: (chunk) => this.#chunker.push(chunk), onLine: (line) => this.#counters.line(line) },
    );
    this.#timer = setInterval(() => this.#chunker.flush(), flushMs);
    this.ended = this.#tool.ended.then((end) => this.#end(end));
  }

  report(): TargetReportMessage {
    return {
      podUid: this.#options.target.pod.uid,
      interface: this.#options.interface,
      state: this.state,
      error: this.error,
      packets: this.#packets,
      bytes: this.#bytes,
      kernelDropped: this.#counters.dropped,
      agentDropped: this.#dropped,
    };
  }

  /** Asks tcpdump for its counters; they are in later reports. */
  askCounters(): void {
    this.#tool.signal('SIGUSR1');
  }

  /** @param why what the asker should know; empty: it was asked for */
  stop(why = ''): void {
    this.#why ||= why;
    this.#stopping = true;
    this.#tool.resume(); // what it has still comes, and so does its end
    void this.#tool.stop();
  }

  #send({ records, packets }: Chunk): void {
    const { capture, packets: sender } = this.#options;
    if (this.#full || !sender.attached) {
      this.#dropped += packets;
      return;
    }
    const more = sender.send({ ...this.#chunk(), packets, records });
    this.#packets += packets;
    this.#bytes += records.length - 16 * packets;
    if (capture.maxBytes > 0 && this.#bytes >= capture.maxBytes) {
      this.#full = true;
      this.stop(this.#options.overBytes);
    } else if (!more && !this.#stopping) {
      this.#tool.pause();
      sender.whenRoom(() => this.#tool.resume());
    }
  }

  #chunk() {
    const { taskId, target } = this.#options;
    return {
      taskId,
      podUid: target.pod.uid,
      interface: this.#options.interface,
      linkType: Math.max(0, this.#chunker.linkType),
      snaplen: this.#chunker.snaplen,
      firstPacket: this.#packets + this.#dropped,
      kernelDropped: this.#counters.dropped,
      agentDropped: this.#dropped,
    };
  }

  #end(end: ToolEnd): void {
    clearInterval(this.#timer);
    this.#chunker.flush();
    const failure = this.#chunker.problem || (end.cancelled || end.code === 0 ? '' : whyItEnded(end));
    this.error = failure || this.#why;
    this.state = failure === '' ? 'TASK_STATE_DONE' : 'TASK_STATE_FAILED';
    const { packets: sender } = this.#options;
    if (sender.attached) {
      sender.send({ ...this.#chunk(), packets: 0, records: Buffer.alloc(0), last: true, error: this.error });
    }
  }
}

function whyItEnded(end: ToolEnd): string {
  const words = end.lastLines.filter(
    (line) => !/listening on|packets? (captured|received|dropped)/.test(line),
  );
  // tcpdump says it with its name in front, and at times once more in brackets.
  const said = words.findLast((line) => line.startsWith('tcpdump: '))?.slice('tcpdump: '.length);
  return said ?? words.at(-1) ?? `tcpdump ended with ${end.signal ?? `code ${end.code}`}`;
}
