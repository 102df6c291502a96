import type { PacketChunkMessage } from '@snoopy/proto';
import { type MessageStream, Outlet } from './message-stream.js';

/** Bytes of records that may wait here; then the tools are paused and the kernel's rings take over. */
const queueLimitBytes = 2 << 20;
/** Bytes of records that may be under way without an acknowledgement. */
const windowBytes = 4 << 20;
/** What a chunk costs besides its records. */
const overheadBytes = 512;

/** Sends chunks of packets over the stream of the moment, no more than the other side takes. */
export class PacketSender {
  /** Bytes of records written to the stream of the moment. */
  #sent = 0;
  #acknowledged = 0;
  #queue: PacketChunkMessage[] = [];
  #queuedBytes = 0;
  readonly #outlet = new Outlet<PacketChunkMessage>(() => this.#pump());
  readonly #waiting = new Set<() => void>();

  attach(stream: MessageStream<PacketChunkMessage>): void {
    this.#sent = 0;
    this.#acknowledged = 0;
    this.#outlet.attach(stream);
  }

  /** The stream is gone and with it whatever was meant for it. */
  detach(): void {
    this.#outlet.detach();
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#wake();
  }

  /** The other side has taken so many bytes of records since the stream began. */
  acknowledge(bytes: number): void {
    this.#acknowledged = Math.min(this.#sent, Math.max(this.#acknowledged, bytes));
    this.#pump();
  }

  get attached(): boolean {
    return this.#outlet.attached;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** `send` would say false. */
  get isFull(): boolean {
    return this.#queuedBytes >= queueLimitBytes;
  }

  /** Queues a chunk. False: it was taken, but wait for `whenRoom` before the next. */
  send(chunk: PacketChunkMessage): boolean {
    this.#queue.push(chunk);
    this.#queuedBytes += sizeOf(chunk);
    this.#pump();
    return this.#queuedBytes < queueLimitBytes;
  }

  /** Calls back once when there is room again. */
  whenRoom(listener: () => void): void {
    this.#waiting.add(listener);
  }

  #pump(): void {
    while (this.#queue.length > 0 && this.#outlet.ready && this.#sent - this.#acknowledged < windowBytes) {
      const chunk = this.#queue.shift()!;
      this.#queuedBytes -= sizeOf(chunk);
      this.#sent += contentOf(chunk);
      this.#outlet.write(chunk);
    }
    if (this.#queuedBytes < queueLimitBytes / 2) this.#wake();
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const listener of waiting) listener();
  }
}

function sizeOf(chunk: PacketChunkMessage): number {
  return contentOf(chunk) + overheadBytes;
}

/** What the other side acknowledges. */
function contentOf(chunk: PacketChunkMessage): number {
  return (chunk.records?.length ?? 0) + (chunk.output?.length ?? 0);
}
