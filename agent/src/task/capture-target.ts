import type { CaptureTask, Clock, TargetReportMessage, TaskStateName } from '@snoopy/proto';
import type { Podtracer, ToolEnd, ToolProcess } from '../podtracer/podtracer.js';
import type { Target } from '../podtracer/target.js';
import type { PacketSender } from '../uplink/packet-sender.js';
import { CatchUp } from '../watch/catch-up.js';
import { ToolTalk } from '../watch/tool-talk.js';
import { type Chunk, PacketChunker } from './packet-chunker.js';

/** Packets wait this long at most for others to travel with, milliseconds. */
const flushMs = 100;
/** At its end a capture may go on reading what came before for so long: the kernel keeps packets for up to 1 s. */
const readUpMs = 1_300;

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
  readonly clock: Clock;
}

/** One interface's part in a capture: a tcpdump whose packets go up in chunks. */
export class CaptureTarget {
  state: TaskStateName = 'TASK_STATE_RUNNING';
  error = '';
  /** Resolves when its last chunk is queued. */
  readonly ended: Promise<void>;

  readonly #options: CaptureTargetOptions;
  readonly #tool: ToolProcess;
  readonly #talk = new ToolTalk(() => this.#tool.signal('SIGUSR1'));
  readonly #chunker = new PacketChunker((chunk) => this.#send(chunk));
  readonly #timer: NodeJS.Timeout;
  #packets = 0;
  #bytes = 0;
  #dropped = 0;
  /** By the kernel's ring, what was left in it at the end included. */
  #kernelDropped = 0;
  #full = false;
  #stopping = false;
  /** Everything that came before it was stopped has been read: what is left in the ring nobody asked for. */
  #readAll = false;
  #why = '';
  #over = false;

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
      { onData: (chunk) => this.#chunker.push(chunk), onLine: (line) => this.#line(line) },
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
      kernelDropped: this.#kernelDropped,
      agentDropped: this.#dropped,
    };
  }

  /** Asks tcpdump for its counters; they are in later reports. */
  askCounters(): void {
    this.#talk.ask();
  }

  /**
   * Ends it; what it has seen so far still comes, unless nobody wants it any more.
   * @param why what the asker should know; empty: it was asked for
   */
  stop(why = ''): void {
    this.#why ||= why;
    if (this.#stopping) return;
    this.#stopping = true;
    this.#tool.resume();
    void this.#readUp().then((all) => {
      this.#readAll = all;
      void this.#tool.stop();
    });
  }

  /** @returns whether it has read everything until now */
  async #readUp(): Promise<boolean> {
    const { clock, packets } = this.#options;
    const chunker = this.#chunker;
    const reading = {
      talk: this.#talk,
      get lastUs() {
        return chunker.lastUs;
      },
    };
    const goesOn = (): boolean => packets.attached && !this.#full && !this.#over;
    return new CatchUp(reading, clock, readUpMs, goesOn).past(clock.nowUs());
  }

  #line(line: string): void {
    this.#talk.line(line);
    this.#kernelDropped = this.#talk.counters.dropped;
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
      kernelDropped: this.#kernelDropped,
      agentDropped: this.#dropped,
    };
  }

  #end(end: ToolEnd): void {
    clearInterval(this.#timer);
    this.#over = true;
    this.#talk.ended();
    this.#chunker.flush();
    this.#account(this.#full || (end.code === 0 && !end.cancelled));
    const failure = this.#chunker.problem || (end.cancelled || end.code === 0 ? '' : whyItEnded(end));
    this.error = failure || this.#why;
    this.state = failure === '' ? 'TASK_STATE_DONE' : 'TASK_STATE_FAILED';
    const { packets: sender } = this.#options;
    if (sender.attached) {
      sender.send({ ...this.#chunk(), packets: 0, records: Buffer.alloc(0), last: true, error: this.error });
    }
  }

  /**
   * What was left in the kernel's ring, and what tcpdump had and could not write.
   * @param limited it ended because it had as many as were asked for: nobody misses what came then
   */
  #account(limited: boolean): void {
    const { counters } = this.#talk;
    if (limited) return;
    const read = this.#packets + this.#dropped;
    this.#kernelDropped = counters.dropped + (this.#readAll ? 0 : counters.unread);
    this.#dropped += Math.max(0, counters.captured - read);
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
