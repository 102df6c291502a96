import * as grpc from '@grpc/grpc-js';
import { createLinkServer, type parse } from '@snoopy/proto';
import { HealthImplementation } from 'grpc-health-check';
import { listenGrpc } from './listen.js';
import { addReflection } from './reflection.js';

/** Calls that have not ended so long after the port began to close are cut. */
const GRACE_MS = 3_000;

/** A gRPC port with health, and reflection for people's tools; services are added to `server` before it opens. */
export class GrpcPort {
  readonly server = createLinkServer();
  readonly #health: HealthImplementation;

  /** @param services what health knows besides the server itself */
  constructor(
    readonly services: readonly string[],
    reflection = true,
  ) {
    // What grpc-js would print reaches us as errors, and is told in our words.
    grpc.setLogVerbosity(grpc.logVerbosity.NONE);
    this.#health = new HealthImplementation(
      Object.fromEntries(this.#names().map((name) => [name, 'SERVING'])),
    );
    this.#health.addToServer(this.server);
    if (reflection) addReflection(this.server, services);
  }

  /** Throws SnoopyError UNAVAILABLE that names the flag. @param credentials plain text without @returns where, with the real port */
  open(
    where: parse.HostPort,
    flag: string,
    credentials = grpc.ServerCredentials.createInsecure(),
  ): Promise<parse.HostPort> {
    return listenGrpc(this.server, where, flag, credentials);
  }

  /** Tells those who ask that it is going. */
  notServing(): void {
    for (const name of this.#names()) this.#health.setStatus(name, 'NOT_SERVING');
  }

  /** Takes no new calls and waits for the others, a little. */
  async close(): Promise<void> {
    const timer = setTimeout(() => this.server.forceShutdown(), GRACE_MS);
    await new Promise<void>((resolve) => this.server.tryShutdown(() => resolve()));
    clearTimeout(timer);
  }

  #names(): string[] {
    return ['', ...this.services];
  }
}
