import { type PacketChunk, SnoopyError } from '@snoopy/proto';
import type { PacketsOutlet } from './outlets.js';
import type { TaskBoard } from './task-board.js';

/** Largest chunk (agent.proto), with some room for its other fields. */
const CHUNK_BYTES = 300 << 10;
/** Records and output that nobody has taken yet; over this the stream is paused, and resumed at half of it. Bytes. */
const UNTAKEN_BYTES = 4 << 20;

/** One agent's Packets stream: chunks go to whoever listens to their task, and are acknowledged when taken. */
export class PacketStream {
  readonly #agent: string;
  readonly #tasks: TaskBoard;
  readonly #outlet: PacketsOutlet;
  #taken = 0;
  #untaken = 0;
  #paused = false;
  #closed = false;

  constructor(agent: string, tasks: TaskBoard, outlet: PacketsOutlet) {
    this.#agent = agent;
    this.#tasks = tasks;
    this.#outlet = outlet;
  }

  push(chunk: PacketChunk): void {
    const bytes = chunk.records.length + chunk.output.length;
    if (bytes > CHUNK_BYTES) {
      this.#outlet.fail(
        new SnoopyError(
          'BAD_INPUT',
          `A packet chunk of ${bytes} bytes was refused: the limit is ${CHUNK_BYTES}.`,
        ),
      );
      return;
    }
    this.#untaken += bytes;
    if (!this.#paused && this.#untaken > UNTAKEN_BYTES) {
      this.#paused = true;
      this.#outlet.pause();
    }
    let done = false;
    this.#tasks.packets(this.#agent, chunk, () => {
      if (!done) this.#took(bytes);
      done = true;
    });
  }

  close(): void {
    this.#closed = true;
  }

  #took(bytes: number): void {
    this.#untaken -= bytes;
    this.#taken += bytes;
    if (this.#closed) return;
    if (bytes > 0) this.#outlet.ack(this.#taken);
    if (this.#paused && this.#untaken <= UNTAKEN_BYTES / 2) {
      this.#paused = false;
      this.#outlet.resume();
    }
  }
}
