import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP relay on loopback that can hang or be cut: what a network between two programs can do to them. */
export class Wire {
  port = 0;
  #hung = false;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #server: Server;

  constructor(readonly target: number) {
    this.#server = createServer((near) => {
      const far = connect(this.target, '127.0.0.1');
      const pair = [near, far] as const;
      this.#pairs.add(pair);
      for (const [one, other] of [pair, [far, near] as const]) {
        one.on('data', (bytes) => other.write(bytes));
        one.on('error', () => other.destroy());
        one.on('close', () => {
          other.destroy();
          this.#pairs.delete(pair);
        });
        if (this.#hung) one.pause();
      }
    });
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.port = (this.#server.address() as { port: number }).port;
    return this;
  }

  /** Nothing passes any more, and nobody is told. */
  hang(): void {
    this.#hung = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  /** New connections pass; those that hung stay so. */
  heal(): void {
    this.#hung = false;
  }

  close(): void {
    this.#server.close();
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }
}
