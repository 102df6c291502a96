import { createServer, type LookupFunction, type Socket, connect as tcp } from 'node:net';
import { listen } from './listeners.js';

export interface TcpServeOptions {
  readonly port?: number;
  /**
   * echo: sends back what comes and closes when the client does; sink: reads and closes likewise; hold: never reads
   * nor closes; close: closes at once; reset: answers the first bytes with a RST.
   */
  readonly behaviour?: 'echo' | 'sink' | 'hold' | 'close' | 'reset';
  /** Sent to every client that connects. */
  readonly greetingBytes?: number;
}

export async function tcpServe(options: TcpServeOptions): Promise<{ port: number }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => serve(socket, options));
  return listen(server, options.port);
}

function serve(socket: Socket, { behaviour = 'sink', greetingBytes = 0 }: TcpServeOptions): void {
  socket.on('error', () => {}); // a client may reset; its own result says so
  if (greetingBytes > 0) socket.write(Buffer.alloc(greetingBytes));
  if (behaviour === 'hold') return;
  if (behaviour === 'close') return void socket.end();
  if (behaviour === 'reset') return void socket.once('data', () => socket.resetAndDestroy());
  if (behaviour === 'echo') return void socket.pipe(socket);
  socket.resume().once('end', () => socket.end());
}

export interface TcpConnectOptions {
  readonly host: string;
  readonly port: number;
  readonly localPort?: number;
  readonly sendBytes?: number;
  /** Wait for this many bytes before ending. */
  readonly receiveBytes?: number;
  /** How to end; hold leaves it open. Default fin. */
  readonly end?: 'fin' | 'reset' | 'hold';
  /** Stay connected so long before ending, milliseconds. */
  readonly holdMs?: number;
  /** Give up so long after the start, milliseconds; default: when the kernel does. */
  readonly timeoutMs?: number;
}

export interface TcpConnectResult {
  /** `connected`, or the code of the error: ECONNREFUSED ETIMEDOUT EHOSTUNREACH ECONNRESET … */
  readonly outcome: string;
  readonly localPort: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/** Connects, sends, receives, ends, and says how it went. Resolves when the connection is closed (or held).
 * `lookup` finds names otherwise than the host does. */
export function tcpConnect(options: TcpConnectOptions, lookup?: LookupFunction): Promise<TcpConnectResult> {
  const { host, port, localPort, sendBytes = 0, receiveBytes = 0, end = 'fin' } = options;
  return new Promise((resolve) => {
    let localWas = localPort ?? 0;
    let error: string | undefined;
    const socket = tcp({
      host,
      port,
      ...(localPort ? { localPort } : {}),
      ...(lookup ? { lookup } : {}),
      noDelay: true,
    });
    const done = (): void =>
      resolve({
        outcome: error ?? 'connected',
        localPort: localWas,
        sentBytes: socket.bytesWritten,
        receivedBytes: socket.bytesRead,
      });
    const finish = (): void => {
      if (end === 'hold') done();
      else if (end === 'reset') socket.resetAndDestroy();
      else socket.end();
    };
    const finishWhenReceived = (): void => {
      if (socket.bytesRead < receiveBytes) return;
      socket.off('data', finishWhenReceived).resume();
      setTimeout(finish, options.holdMs ?? 0);
    };
    socket.once('connect', () => {
      localWas = socket.localPort ?? 0;
      if (sendBytes > 0) socket.write(Buffer.alloc(sendBytes));
      socket.on('data', finishWhenReceived);
      finishWhenReceived();
    });
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      error ??= cause.code ?? cause.message;
    });
    socket.once('close', done);
    if (options.timeoutMs)
      setTimeout(
        () => socket.destroy(Object.assign(new Error('gave up'), { code: 'GAVE_UP' })),
        options.timeoutMs,
      ).unref();
  });
}
