import type { BatchRing } from './batch-ring.js';
import { type MessageStream, Outlet } from './message-stream.js';

/** Sends what is in the ring over the stream of the moment, the oldest unacknowledged batch first after each change. */
export class FlowSender {
  readonly #outlet = new Outlet<Buffer>(() => this.pump());
  readonly #ring: BatchRing;

  constructor(ring: BatchRing) {
    this.#ring = ring;
  }

  /** A new stream is there. */
  attach(stream: MessageStream<Buffer>): void {
    this.#ring.rewind();
    this.#outlet.attach(stream);
  }

  /** The stream is gone. */
  detach(): void {
    this.#outlet.detach();
  }

  /** To be called when something was appended. */
  pump(): void {
    while (this.#outlet.ready) {
      const batch = this.#ring.next();
      if (!batch) return;
      this.#outlet.write(batch.bytes);
    }
  }

  /** An acknowledgement came. */
  acknowledge(sequence: number): void {
    this.#ring.acknowledge(sequence);
  }
}
