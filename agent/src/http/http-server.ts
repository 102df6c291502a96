import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse } from '@snoopy/proto';

export interface Health {
  readonly ok: boolean;
  /** Sentences; shown whether ok or not. */
  readonly lines: readonly string[];
}

export interface HttpParts {
  metrics(): { readonly type: string; readonly text: string };
  readiness(): Health;
}

/** `/metrics`, `/healthz` and `/readyz`. */
export class HttpServer {
  readonly #server: Server;
  readonly #parts: HttpParts;

  constructor(parts: HttpParts) {
    this.#parts = parts;
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.requestTimeout = 10_000;
    this.#server.headersTimeout = 5_000;
    this.#server.maxConnections = 64;
  }

  /** Throws when the address cannot be had. Returns where it listens, as text. */
  async listen({ host, port }: parse.HostPort): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, resolve);
    });
    return parse.hostPortText({ host, port: (this.#server.address() as AddressInfo).port });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const path = (request.url ?? '/').split('?')[0];
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        return send(response, 405, 'Only GET and HEAD.\n', { allow: 'GET, HEAD' });
      }
      if (path === '/healthz') return send(response, 200, 'ok\n');
      if (path === '/readyz') {
        const { ok, lines } = this.#parts.readiness();
        return send(response, ok ? 200 : 503, `${lines.join('\n')}\n`);
      }
      if (path === '/metrics') {
        const { type, text } = this.#parts.metrics();
        return send(response, 200, text, { 'content-type': type });
      }
      send(response, 404, 'There are /metrics, /healthz and /readyz.\n');
    } catch (error) {
      send(response, 500, `${(error as Error).message}\n`);
    }
  }
}

function send(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}
