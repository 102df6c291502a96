import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, isIPv6, type Socket, connect as tcp } from 'node:net';
import { encodeAnswer, encodeQuery, fits, RCODES, readAnswer, readQuestion, TYPES } from './dns-message.js';
import { listen, remember } from './listeners.js';

const PORT = 53;
const NXDOMAIN = 3;
const TCP_LENGTH_BYTES = 2;

export interface DnsServeOptions {
  readonly port?: number;
  /** Addresses of both IP versions by name; every other name does not exist. */
  readonly names: Record<string, readonly string[]>;
  /** Names that get no answer at all. */
  readonly silent?: readonly string[];
  /** Names that get this code instead, e.g. SERVFAIL. */
  readonly rcodes?: Record<string, string>;
  readonly delayMs?: number;
}

/** Answers over UDP and TCP. */
export async function dnsServe(options: DnsServeOptions): Promise<{ port: number }> {
  const answer = (query: Buffer, send: (answer: Buffer) => void): void => {
    const bytes = answerTo(query, options);
    if (bytes) setTimeout(() => send(bytes), options.delayMs ?? 0);
  };
  const udp = createSocket('udp6');
  udp.on('message', (query, from) => answer(query, (bytes) => udp.send(bytes, from.port, from.address)));
  udp.bind(options.port ?? PORT);
  await once(udp, 'listening');
  const { port } = udp.address();
  remember('udp', port, () => udp.close());
  const server = createServer((socket) => {
    socket.on('error', () => {});
    onMessages(socket, (query) => answer(query, (bytes) => socket.write(withLength(bytes))));
  });
  return listen(server, port);
}

function answerTo(query: Buffer, options: DnsServeOptions): Buffer | undefined {
  const question = readQuestion(query);
  if (options.silent?.includes(question.name)) return undefined;
  const forced = options.rcodes?.[question.name];
  const addresses = options.names[question.name];
  const rcode = forced ? RCODES.indexOf(forced) : addresses ? 0 : NXDOMAIN;
  const fitting = rcode === 0 ? (addresses ?? []).filter((address) => fits(address, question.type)) : [];
  return encodeAnswer(query, question, rcode, fitting);
}

export interface DnsAskOptions {
  readonly server: string;
  readonly port?: number;
  readonly name: string;
  /** A, AAAA …; default A. */
  readonly type?: string;
  readonly tcp?: boolean;
  readonly timeoutMs?: number;
}

/** Asks once, without a retry. `rcode` is NOANSWER when none came within the time (default 1 s). */
export async function dnsAsk(
  options: DnsAskOptions,
): Promise<{ rcode: string; answers: number; localPort: number }> {
  const id = Math.floor(Math.random() * 65_536);
  const query = encodeQuery(id, options.name, TYPES[options.type ?? 'A'] ?? Number(options.type));
  const ask = options.tcp ? askTcp : askUdp;
  const { answer, localPort } = await ask(options, query);
  return answer ? { ...readAnswer(answer), localPort } : { rcode: 'NOANSWER', answers: 0, localPort };
}

interface Asked {
  readonly answer?: Buffer;
  readonly localPort: number;
}

async function askUdp(options: DnsAskOptions, query: Buffer): Promise<Asked> {
  const socket = createSocket(isIPv6(options.server) ? 'udp6' : 'udp4');
  socket.bind(0);
  await once(socket, 'listening');
  const localPort = socket.address().port;
  return new Promise((resolve) => {
    const end = (answer?: Buffer): void => {
      clearTimeout(timer);
      socket.close();
      resolve({ localPort, ...(answer ? { answer } : {}) });
    };
    const timer = setTimeout(end, options.timeoutMs ?? 1_000);
    socket.once('message', end);
    socket.once('error', () => end());
    socket.send(query, options.port ?? PORT, options.server);
  });
}

function askTcp(options: DnsAskOptions, query: Buffer): Promise<Asked> {
  return new Promise((resolve) => {
    const socket = tcp({ host: options.server, port: options.port ?? PORT });
    let localPort = 0;
    let answer: Buffer | undefined;
    socket.setTimeout(options.timeoutMs ?? 1_000, () => socket.destroy());
    socket.once('connect', () => {
      localPort = socket.localPort ?? 0;
      socket.write(withLength(query));
    });
    onMessages(socket, (message) => {
      answer = message;
      socket.end();
    });
    socket.on('error', () => {});
    socket.once('close', () => resolve({ localPort, ...(answer ? { answer } : {}) }));
  });
}

/** DNS over TCP puts each message's length before it (RFC 1035, 4.2.2). */
function withLength(message: Buffer): Buffer {
  const length = Buffer.alloc(TCP_LENGTH_BYTES);
  length.writeUInt16BE(message.length, 0);
  return Buffer.concat([length, message]);
}

function onMessages(socket: Socket, take: (message: Buffer) => void): void {
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= TCP_LENGTH_BYTES && rest.length >= TCP_LENGTH_BYTES + rest.readUInt16BE(0)) {
      const end = TCP_LENGTH_BYTES + rest.readUInt16BE(0);
      take(rest.subarray(TCP_LENGTH_BYTES, end));
      rest = rest.subarray(end);
    }
  });
}
