import { existsSync } from 'node:fs';
import { SnoopyError } from '@snoopy/proto';
import { CriClient } from './cri-client.js';

/** Where runtimes listen by default, in the order in which they are tried. */
export const defaultSockets = [
  '/run/containerd/containerd.sock',
  '/run/crio/crio.sock',
  '/run/k3s/containerd/containerd.sock',
  '/run/k0s/containerd.sock',
  '/run/cri-dockerd.sock',
];

export interface Connected {
  readonly client: CriClient;
  /** Name and version of the runtime. */
  readonly version: string;
}

/** Connects to the socket given, else to the first default one that answers. Throws SnoopyError. */
export async function connectCri(
  socket?: string,
  candidates: readonly string[] = defaultSockets,
): Promise<Connected> {
  if (socket !== undefined) return open(socket, 5_000);
  const problems: string[] = [];
  for (const candidate of candidates.filter((path) => existsSync(path))) {
    try {
      return await open(candidate, 1_000);
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  const found = problems.length > 0 ? problems.join('; ') : `none of ${candidates.join(', ')} is there`;
  throw new SnoopyError(
    'UNAVAILABLE',
    `no container runtime was found: ${found}; name one with --pods cri:SOCKET`,
  );
}

async function open(socket: string, milliseconds: number): Promise<Connected> {
  const client = new CriClient(socket);
  try {
    return { client, version: await client.version(milliseconds) };
  } catch (error) {
    client.close();
    throw error;
  }
}
