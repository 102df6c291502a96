import type { AddressInfo, Server } from 'node:net';
import type * as grpc from '@grpc/grpc-js';
import { parse, SnoopyError } from '@snoopy/proto';

/** Opens a port. Throws SnoopyError UNAVAILABLE, a sentence that names the flag. @returns where, with the real port */
export async function listen(
  server: Server,
  { host, port }: parse.HostPort,
  flag: string,
): Promise<parse.HostPort> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(cannot(flag, { host, port }, error)));
    server.listen(port, host, resolve);
  });
  return { host, port: (server.address() as AddressInfo).port };
}

/** The same for a gRPC server. */
export async function listenGrpc(
  server: grpc.Server,
  where: parse.HostPort,
  flag: string,
  credentials: grpc.ServerCredentials,
): Promise<parse.HostPort> {
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(parse.hostPortText(where), credentials, (error, bound) => {
      if (error) reject(cannot(flag, where, error));
      else resolve(bound);
    });
  });
  return { host: where.host, port };
}

const reasons: readonly (readonly [RegExp, string])[] = [
  [/EADDRINUSE/, 'something listens there already; stop it or give another port'],
  [/EACCES/, 'ports below 1024 need root; give another one'],
  [/EADDRNOTAVAIL/, 'this machine has no such address'],
  [/ENOTFOUND|EAI_AGAIN|resolution/, 'the name is not known'],
];

function cannot(flag: string, where: parse.HostPort, error: Error): SnoopyError {
  const reason = reasons.find(([pattern]) => pattern.test(error.message))?.[1] ?? error.message;
  return new SnoopyError('UNAVAILABLE', `${flag} ${parse.hostPortText(where)} cannot be opened: ${reason}.`, {
    cause: error,
  });
}
