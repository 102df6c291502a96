import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { remember } from './listeners.js';

/** Datagrams are numbered: the first four bytes hold 0, 1, 2 …, big-endian. */
const NUMBER_BYTES = 4;

interface Counts {
  datagrams: number;
  bytes: number;
  /** Numbers that came more than once, or below the highest so far. */
  disordered: number;
  highest: number;
}

const counts = new Map<number, Counts>();

/** Counts what arrives on a port, and with `echo` sends it back. */
export async function udpServe(options: { port: number; echo?: boolean }): Promise<{ port: number }> {
  const socket = createSocket({ type: 'udp6', recvBufferSize: 8 << 20 });
  const count: Counts = { datagrams: 0, bytes: 0, disordered: 0, highest: -1 };
  socket.on('message', (message, from) => {
    count.datagrams++;
    count.bytes += message.length;
    const number = message.length >= NUMBER_BYTES ? message.readUInt32BE(0) : 0;
    if (number <= count.highest) count.disordered++;
    else count.highest = number;
    if (options.echo) socket.send(message, from.port, from.address);
  });
  socket.bind(options.port);
  await once(socket, 'listening');
  const { port } = socket.address();
  counts.set(port, count);
  remember('udp', port, () => socket.close());
  return { port };
}

/** What a udpServe of this process received so far. */
export async function udpCounts(options: { port: number }): Promise<Counts> {
  const count = counts.get(options.port);
  if (!count) throw new Error(`no udpServe on port ${options.port}`);
  return count;
}

export interface UdpSendOptions {
  readonly host: string;
  readonly port: number;
  readonly count: number;
  /** Payload of each, bytes; at least 4. Default 4. */
  readonly bytes?: number;
  readonly localPort?: number;
  /** Default: as fast as it goes. */
  readonly perSecond?: number;
  /** How many answers to wait for, at most `waitMs`. */
  readonly answers?: number;
  readonly waitMs?: number;
}

export interface UdpSendResult {
  readonly sent: number;
  readonly received: number;
  /** Errors that the socket reported, by code: ECONNREFUSED after an ICMP port unreachable. */
  readonly errors: Record<string, number>;
  readonly localPort: number;
}

/** Sends numbered datagrams from one connected socket. */
export async function udpSend(options: UdpSendOptions): Promise<UdpSendResult> {
  const { host, port, count, bytes = NUMBER_BYTES, localPort = 0 } = options;
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  const errors: Record<string, number> = {};
  let received = 0;
  socket.on('message', () => received++);
  socket.on('error', (error: NodeJS.ErrnoException) => {
    errors[error.code ?? error.message] = (errors[error.code ?? error.message] ?? 0) + 1;
  });
  socket.bind(localPort);
  await once(socket, 'listening');
  socket.connect(port, host);
  await once(socket, 'connect');
  const from = socket.address().port;
  const sent = await sendAll(socket, count, bytes, options.perSecond, errors);
  const deadline = performance.now() + (options.waitMs ?? 1_000);
  while (received < (options.answers ?? 0) && performance.now() < deadline) await sleep(5);
  socket.close();
  return { sent, received, errors, localPort: from };
}

async function sendAll(
  socket: Socket,
  count: number,
  bytes: number,
  perSecond: number | undefined,
  errors: Record<string, number>,
): Promise<number> {
  const start = performance.now();
  let sent = 0;
  for (let number = 0; number < count; number++) {
    const message = Buffer.alloc(bytes);
    message.writeUInt32BE(number, 0);
    const code = await new Promise<string | undefined>((resolve) =>
      socket.send(message, (error) =>
        resolve(error ? ((error as NodeJS.ErrnoException).code ?? '?') : undefined),
      ),
    );
    if (code) errors[code] = (errors[code] ?? 0) + 1;
    else sent++;
    if (!perSecond) continue;
    const ahead = start + ((number + 1) * 1_000) / perSecond - performance.now();
    if (ahead > 1) await sleep(ahead);
  }
  return sent;
}
