import type { MessageStream } from '../../src/uplink/message-stream.js';

/** A stream whose buffer takes `room` messages until the test drains it. */
export class FakeStream<Message> implements MessageStream<Message> {
  readonly messages: Message[] = [];
  #listener: () => void = () => {};

  constructor(public room = Number.POSITIVE_INFINITY) {}

  write(message: Message): boolean {
    this.messages.push(message);
    return --this.room > 0;
  }

  onDrain(listener: () => void): void {
    this.#listener = listener;
  }

  drain(room: number): void {
    this.room = room;
    this.#listener();
  }
}
