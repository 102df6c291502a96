import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';

/** Ports of one demo, and what keeps other demos off them until it is closed. */
export interface PortClaim {
  readonly ports: readonly number[];
  release(): void;
}

/** A second demo at the same time uses the wanted ports plus this, a third one plus twice this, and so on. */
const STEP = 10_000;
const MOST = 5;

/**
 * Finds a free port on the loopback address for each wanted one: itself if possible. Demos that start at the same
 * moment would see the same ports free, so each first claims a number by an abstract unix socket (unix(7)), which is
 * gone with its process.
 */
export async function claimPorts(wanted: readonly number[]): Promise<PortClaim> {
  for (let number = 0; number < MOST; number++) {
    const claim = await tryListen(`\0snoopy-demo-${number}`);
    if (!claim) continue;
    const ports = await freePorts(wanted.map((port) => port + number * STEP));
    return { ports, release: () => claim.close() };
  }
  throw new Error(`${MOST} demos are running already`);
}

/** For each port: itself if it is free on the loopback address, else any that is. */
export async function freePorts(wanted: readonly number[]): Promise<number[]> {
  const servers = await Promise.all(
    wanted.map(async (port) => (await tryListen(port)) ?? (await tryListen(0))!),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

async function tryListen(where: number | string): Promise<Server | undefined> {
  const server = createServer().listen(
    typeof where === 'string' ? { path: where } : { port: where, host: '127.0.0.1' },
  );
  try {
    await once(server, 'listening');
    return server.unref();
  } catch {
    return undefined;
  }
}
