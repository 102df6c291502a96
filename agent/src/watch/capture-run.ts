import type { Ingest } from '../capture/ingest.js';
import type { Podtracer, ToolEnd, ToolProcess } from '../podtracer/podtracer.js';
import type { Target } from '../podtracer/target.js';
import { CaptureCounters } from './capture-counters.js';
import type { Gear } from './gear-box.js';
import { Handover, type OldStream } from './handover.js';
import { StreamTail } from './stream-tail.js';

/** Bytes of each frame: link, IP and TCP headers with all their options, and the beginning of a DNS message. */
export const headerSnaplen = 384;
/** Holds the last record whole. */
const tailBytes = headerSnaplen + 16;

export interface CaptureRunOptions {
  readonly podtracer: Podtracer;
  readonly target: Target;
  readonly interface: string;
  readonly ringKiB: number;
  readonly gear: Gear;
  readonly ingest: Ingest;
}

/**
 * One tcpdump on one interface, and its packets' way into the flow table. One that takes over from another is started
 * with `hold()`: what it captures waits in the kernel until `takeOver`.
 */
export class CaptureRun {
  readonly counters = new CaptureCounters();
  readonly ended: Promise<ToolEnd>;
  /** Resolves when it captures: from now on no packet passes unseen. */
  readonly listening: Promise<boolean>;
  readonly ingest: Ingest;
  readonly gear: Gear;

  readonly #tool: ToolProcess;
  readonly #tail = new StreamTail(tailBytes);
  #handover: Handover | undefined;
  #discarding = false;

  constructor(options: CaptureRunOptions) {
    this.ingest = options.ingest;
    this.gear = options.gear;
    let heard: (listening: boolean) => void = () => {};
    this.listening = new Promise((resolve) => {
      heard = resolve;
    });
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
        onLine: (line) => {
          if (/\blistening on\b/.test(line)) heard(true);
          this.counters.line(line);
        },
      },
    );
    this.ended = this.#tool.ended.then((end) => {
      heard(false);
      this.#handover?.expire();
      return end;
    });
  }

  get pid(): number {
    return this.#tool.pid;
  }

  /** What its successor must know, once it has ended. */
  get past(): OldStream {
    return { tail: this.#tail.bytes.slice(), lastUs: this.ingest.lastUs };
  }

  /** Stops reading: what is captured waits in the kernel. */
  hold(): void {
    this.#tool.pause();
  }

  /** Reads on behind the last packet of the one before. */
  takeOver(old: OldStream): void {
    this.#handover = new Handover(old, (chunk) => this.#deliver(chunk));
    this.#tool.resume();
  }

  /** To be called now and then: a takeover that nothing decides is decided. */
  settle(): void {
    this.#handover?.expire();
  }

  /** Asks for the counters. */
  askCounters(): void {
    this.#tool.signal('SIGUSR1');
  }

  /** Ends one that was held and is not needed; what it captured is thrown away. */
  abandon(): Promise<ToolEnd> {
    this.#discarding = true;
    this.#tool.resume();
    return this.#tool.stop();
  }

  /** Ends it properly: its last packets come, then its last counters. */
  stop(): Promise<ToolEnd> {
    return this.#tool.stop();
  }

  #take(chunk: Uint8Array): void {
    if (this.#discarding) return;
    if (this.#handover && !this.#handover.done) this.#handover.push(chunk);
    else this.#deliver(chunk);
  }

  #deliver(chunk: Uint8Array): void {
    this.ingest.push(chunk);
    this.#tail.push(chunk);
  }
}
