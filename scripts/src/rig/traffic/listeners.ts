import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';

/** What this process listens on, by "tcp:PORT" or "udp:PORT". */
const listeners = new Map<string, () => void>();

/** Remembers how to close a listener. */
export function remember(protocol: 'tcp' | 'udp', port: number, close: () => void): void {
  listeners.set(`${protocol}:${port}`, close);
}

/** Listens on every address of the namespace, both IP versions; resolves with the port. */
export async function listen(server: Server, port = 0): Promise<{ port: number }> {
  server.listen({ port, host: '::' });
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  remember('tcp', address.port, () => server.close());
  return { port: address.port };
}

/** Stops listening; connections that are there stay. */
export async function close(options: { protocol: 'tcp' | 'udp'; port: number }): Promise<void> {
  const key = `${options.protocol}:${options.port}`;
  const end = listeners.get(key);
  if (!end) throw new Error(`nothing listens on ${key}`);
  listeners.delete(key);
  end();
}
