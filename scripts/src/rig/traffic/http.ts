import { Resolver } from 'node:dns';
import { Agent, createServer, get, type RequestOptions } from 'node:http';
import type { LookupFunction } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen } from './listeners.js';
import { tcpConnect } from './tcp.js';

export interface HttpServeOptions {
  readonly port?: number;
  /** Length of the body; default 1,000. */
  readonly bytes?: number;
  readonly delayMs?: number;
  /** URLs (http:, or tcp: for a bare exchange) that are called for every request, of each list one in turn. */
  readonly calls?: readonly (readonly string[])[];
  /** Address of the DNS server for the names in `calls`. */
  readonly dns?: string;
  /** Every how many requests the answer is a 500; default never. */
  readonly failEvery?: number;
}

/** A web server, which may be a client of others. */
export async function httpServe(options: HttpServeOptions): Promise<{ port: number }> {
  const { bytes = 1_000, delayMs = 0, calls = [], failEvery = 0 } = options;
  const agent = new Agent({ keepAlive: true });
  const body = Buffer.alloc(bytes, 'snoopy ');
  let requests = 0;
  const answer = async (): Promise<number> => {
    const turn = requests++;
    await sleep(delayMs);
    for (const urls of calls) await fetchOnce(urls[turn % urls.length]!, { agent, ...lookupBy(options.dns) });
    return failEvery && turn % failEvery === failEvery - 1 ? 500 : 200;
  };
  const server = createServer((_, response) => {
    void answer().then((status) => response.writeHead(status, { 'content-length': bytes }).end(body));
  });
  return listen(server, options.port);
}

export interface HttpGetOptions {
  readonly url: string;
  readonly times?: number;
  /** One connection for all; default one each. */
  readonly keepAlive?: boolean;
  readonly pauseMs?: number;
  readonly timeoutMs?: number;
  readonly dns?: string;
}

export interface HttpGetResult {
  /** How often which status or error code came. */
  readonly outcomes: Record<string, number>;
  /** Of the bodies. */
  readonly bytes: number;
}

/** Requests one after the other. */
export async function httpGet(options: HttpGetOptions): Promise<HttpGetResult> {
  const agent = new Agent({ keepAlive: options.keepAlive ?? false, maxSockets: 1 });
  const outcomes: Record<string, number> = {};
  let bytes = 0;
  for (let i = 0; i < (options.times ?? 1); i++) {
    const timeout = options.timeoutMs ?? 5_000;
    const result = await fetchOnce(options.url, { agent, timeout, ...lookupBy(options.dns) });
    outcomes[result.outcome] = (outcomes[result.outcome] ?? 0) + 1;
    bytes += result.bytes;
    if (options.pauseMs) await sleep(options.pauseMs);
  }
  agent.destroy();
  return { outcomes, bytes };
}

/** Connects, sends some bytes, waits for a greeting, ends. */
async function exchange(url: URL, lookup: LookupFunction | undefined): Promise<Fetched> {
  const options = { host: url.hostname, port: Number(url.port), sendBytes: 200, receiveBytes: 1 };
  const { outcome, receivedBytes } = await tcpConnect(options, lookup);
  return { outcome, bytes: receivedBytes };
}

interface Fetched {
  readonly outcome: string;
  readonly bytes: number;
}

function fetchOnce(url: string, options: RequestOptions): Promise<Fetched> {
  if (url.startsWith('tcp:')) return exchange(new URL(url), options.lookup);
  return new Promise((resolve) => {
    let bytes = 0;
    const failed = (error: NodeJS.ErrnoException): void =>
      resolve({ outcome: error.code ?? error.message, bytes });
    const request = get(url, options, (response) => {
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.once('end', () => resolve({ outcome: String(response.statusCode), bytes }));
      response.once('error', failed);
    });
    request.once('timeout', () => request.destroy(Object.assign(new Error('timeout'), { code: 'GAVE_UP' })));
    request.once('error', failed);
  });
}

/** Asks the namespace's own DNS server instead of the host's. */
function lookupBy(server: string | undefined): Pick<RequestOptions, 'lookup'> {
  if (!server) return {};
  const resolver = new Resolver({ timeout: 1_000, tries: 2 });
  resolver.setServers([server]);
  return {
    lookup: (name, options, callback) =>
      resolver.resolve4(name, (error, addresses) => {
        if (error) callback(error, '', 4);
        else if (options.all)
          callback(
            null,
            addresses.map((address) => ({ address, family: 4 })),
          );
        else callback(null, addresses[0] ?? '', 4);
      }),
  };
}
