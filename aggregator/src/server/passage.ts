import { connect, createServer, type Server, type Socket } from 'node:net';
import { parse } from '@snoopy/proto';
import { listen } from './listen.js';

/** Longest wait for the other side to answer, milliseconds. */
const CONNECT_MS = 5_000;
const MOST_CONNECTIONS = 1_000;

/**
 * The clients' port of an aggregator that stands by: connections are passed through to the active one, bytes as they
 * are. TLS is between the two ends, for all replicas show the same certificate.
 */
export class Passage {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  /** @param target `host:port` of the active one; undefined: there is none, and callers are turned away */
  constructor(readonly target: () => string | undefined) {
    this.#server = createServer({ allowHalfOpen: true }, (caller) => this.#pass(caller));
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** Throws SnoopyError UNAVAILABLE that names the flag. @returns where, with the real port */
  open(where: parse.HostPort, flag: string): Promise<parse.HostPort> {
    return listen(this.#server, where, flag);
  }

  /** Takes no more; the port is free. Those that are there go on until one of their ends has enough. */
  retire(): void {
    this.#server.close();
  }

  /** Cuts them all. */
  close(): void {
    this.retire();
    for (const socket of this.#sockets) socket.destroy();
  }

  #pass(caller: Socket): void {
    const target = this.target();
    if (target === undefined) return void caller.destroy();
    const active = connect({ ...parse.hostPort(target), allowHalfOpen: true });
    const slow = setTimeout(() => active.destroy(), CONNECT_MS);
    active.once('connect', () => clearTimeout(slow));
    for (const [from, to] of [
      [caller, active],
      [active, caller],
    ] as const) {
      this.#sockets.add(from);
      from.on('error', () => {}); // 'close' follows
      from.once('close', () => {
        clearTimeout(slow);
        this.#sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }
}
