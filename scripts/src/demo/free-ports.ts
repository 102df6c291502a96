import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** For each wanted port: itself if it is free on the loopback address, else another that is. */
export async function freePorts(wanted: readonly number[]): Promise<number[]> {
  const servers = await Promise.all(
    wanted.map(async (port) => (await tryListen(port)) ?? (await tryListen(0))!),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

async function tryListen(port: number) {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return server;
  } catch {
    return undefined;
  }
}
