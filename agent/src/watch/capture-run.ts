import type { Ingest } from '../capture/ingest.js';
import type { Podtracer, ToolEnd, ToolProcess } from '../podtracer/podtracer.js';
import type { Target } from '../podtracer/target.js';
import type { CaptureCounters } from './capture-counters.js';
import type { Gear } from './gear-box.js';
import { Handover } from './handover.js';
import { HeldStream, type HoldBudget } from './held-stream.js';
import { OverlapLog } from './overlap-log.js';
import { StreamTail } from './stream-tail.js';
import { ToolTalk } from './tool-talk.js';

/** Bytes of each frame: link, IP and TCP headers with all their options, and the beginning of a DNS message. */
export const headerSnaplen = 384;
/**
 * After everything that was there has been read nothing is read for so long, milliseconds: tcpdump writes packet by
 * packet in the low gear and 4 KiB at a time in the high one, and reading many writes at once costs a fraction.
 */
const restMs: Readonly<Record<Gear, number>> = { low: 40, high: 4 };
/** More than this at once means that the socket's buffer (about 160 KiB) fills faster: then there is no rest. */
const restBytes: Readonly<Record<Gear, number>> = { low: 16 << 10, high: 64 << 10 };
/** A read that fills the buffer: there is more. */
const fullRead = 64 << 10;
/** Of a pcap stream. */
const fileHeaderBytes = 24;
/** Holds whatever has been read of a record that is not complete yet. */
const tailBytes = headerSnaplen + 16;

export interface CaptureRunOptions {
  readonly podtracer: Podtracer;
  readonly target: Target;
  readonly interface: string;
  readonly ringKiB: number;
  readonly gear: Gear;
  readonly ingest: Ingest;
  readonly holds: HoldBudget;
}

/**
 * One tcpdump on one interface, and its packets' way into the flow table. One that takes over from another is started
 * with `hold()`: what it captures waits until `takeOver`.
 */
export class CaptureRun {
  readonly talk: ToolTalk;
  readonly ended: Promise<ToolEnd>;
  readonly ingest: Ingest;
  readonly gear: Gear;

  readonly #tool: ToolProcess;
  readonly #fileHeader = new Uint8Array(fileHeaderBytes);
  readonly #tail = new StreamTail(tailBytes);
  #log: OverlapLog | undefined;
  #handover: Handover | undefined;
  #discarding = false;
  #stopping = false;
  /** Since hold(), until it is known what of it counts. */
  #held: HeldStream | undefined;
  readonly #holds: HoldBudget;
  #rest: NodeJS.Timeout | undefined;
  /** Bytes since the last rest. */
  #readBytes = 0;

  constructor(options: CaptureRunOptions) {
    this.ingest = options.ingest;
    this.gear = options.gear;
    this.#holds = options.holds;
    this.talk = new ToolTalk(() => this.#tool.signal('SIGUSR1'));
    const low = options.gear === 'low';
    this.#tool = options.podtracer.spawn(
      options.target,
      {
        kind: 'capture',
        interface: options.interface,
        snaplen: headerSnaplen,
        filter: '',
        ringKiB: options.ringKiB,
        nanoseconds: true,
        immediate: low,
        everyPacket: low,
      },
      {
        onData: (chunk) => this.#take(chunk),
        onLine: (line) => this.talk.line(line),
      },
    );
    this.ended = this.#tool.ended.then((end) => {
      this.talk.ended();
      this.#handover?.finish();
      return end;
    });
  }

  get counters(): CaptureCounters {
    return this.talk.counters;
  }

  /** Time of the last packet that was read, microseconds since 1970. */
  get lastUs(): number {
    return this.ingest.lastUs;
  }

  get pid(): number {
    return this.#tool.pid;
  }

  /** How many records of its stream have been handed on, or skipped because the run before had them. */
  get position(): number {
    return (this.#handover?.skipped ?? 0) + this.ingest.counters.records;
  }

  /** What hold() keeps; undefined when it is not held. */
  get held(): OverlapLog | undefined {
    return this.#held?.log;
  }

  /** hold() keeps no more. */
  get full(): boolean {
    return this.#held?.full ?? false;
  }

  /** Logs what is read from now on, for a successor. */
  startLog(): OverlapLog {
    const { bytes } = this.ingest.counters;
    const { bytes: tail } = this.#tail;
    const pending = bytes < fileHeaderBytes ? 0 : this.ingest.pendingBytes;
    this.#log = new OverlapLog(this.#fileHeader.subarray(0, bytes), tail.subarray(tail.length - pending));
    return this.#log;
  }

  stopLog(): void {
    this.#log = undefined;
  }

  /**
   * Lets everything wait: what is captured is kept here up to a bound, then in the kernel. Not in the kernel alone: a
   * tcpdump that cannot write does not answer either.
   */
  hold(): void {
    this.#held = new HeldStream(this.#holds);
  }

  /** Reads on behind the last packet of the one before, which has ended. @param fromUs as for Handover */
  takeOver(old: OverlapLog, fromUs: number): Handover {
    const held = this.#held ?? new HeldStream(this.#holds);
    this.#held = undefined;
    const handover = new Handover(old, held, fromUs, (chunk) => this.#deliver(chunk));
    this.#handover = handover;
    this.#readOn();
    return handover;
  }

  /** To be called a few times a second: a takeover that nothing decides is decided. */
  settle(): void {
    // In the high gear records may lie in tcpdump's own buffer, until there are more or it ends.
    if (this.gear === 'low') this.#handover?.expire();
  }

  /** Ends one that was held and is not needed; what it captured is thrown away. */
  abandon(): Promise<ToolEnd> {
    this.#discarding = true;
    this.#held?.drop();
    this.#held = undefined;
    return this.stop();
  }

  /** Ends it properly: its last packets come, then its last counters. */
  stop(): Promise<ToolEnd> {
    this.#stopping = true;
    this.#readOn();
    void this.#tool.stop();
    return this.ended;
  }

  #readOn(): void {
    clearTimeout(this.#rest);
    this.#rest = undefined;
    this.#tool.resume();
  }

  /** Everything was read. */
  #pauseAWhile(): void {
    const few = this.#readBytes < restBytes[this.gear];
    this.#readBytes = 0;
    if (!few || this.#stopping) return;
    this.#tool.pause();
    if (this.#rest) this.#rest.refresh();
    else this.#rest = setTimeout(() => this.#rested(), restMs[this.gear]);
  }

  #rested(): void {
    if (!this.#held) this.#tool.resume();
  }

  #take(chunk: Uint8Array): void {
    if (this.#discarding) return;
    if (this.#held) {
      this.#held.push(chunk);
      if (this.#held.full) this.#tool.pause();
      return;
    }
    this.#readBytes += chunk.length;
    if (chunk.length < fullRead) this.#pauseAWhile();
    if (this.#handover && !this.#handover.done) this.#handover.push(chunk);
    else this.#deliver(chunk);
  }

  #deliver(chunk: Uint8Array): void {
    const { bytes } = this.ingest.counters;
    if (bytes < fileHeaderBytes) this.#fileHeader.set(chunk.subarray(0, fileHeaderBytes - bytes), bytes);
    this.ingest.push(chunk);
    this.#tail.push(chunk);
    this.#log?.push(chunk);
  }
}
