/** Port: one direction of a stream of messages. */
export interface MessageStream<Message> {
  /** Hands a message over. False: it was taken, but the next one must wait for `onDrain`. */
  write(message: Message): boolean;
  onDrain(listener: () => void): void;
}

/**
 * The writing end of a stream that comes and goes, with back-pressure honoured: `ready` is false without a stream and
 * while the stream's buffer is full.
 */
export class Outlet<Message> {
  #stream: MessageStream<Message> | undefined;
  #blocked = false;

  /** @param onReady called when writing is possible again */
  constructor(readonly onReady: () => void) {}

  get ready(): boolean {
    return this.#stream !== undefined && !this.#blocked;
  }

  get attached(): boolean {
    return this.#stream !== undefined;
  }

  attach(stream: MessageStream<Message>): void {
    this.#stream = stream;
    this.#blocked = false;
    stream.onDrain(() => {
      if (this.#stream !== stream) return;
      this.#blocked = false;
      this.onReady();
    });
    this.onReady();
  }

  detach(): void {
    this.#stream = undefined;
    this.#blocked = false;
  }

  /** To be called only while `ready`. */
  write(message: Message): void {
    this.#blocked = this.#stream?.write(message) === false;
  }
}
