import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { serveMetrics } from './metrics-endpoint.js';
import type { MetricsPage } from './metrics-page.js';

/** Sockets at a time; scrapes and probes need a handful. */
const MOST_SOCKETS = 64;

/** What the endpoints answer from. */
export interface HttpSources {
  readonly page: MetricsPage;
  /** Whether agents and clients are being served. */
  readonly ready: () => boolean;
}

/** The server of port 9965, not yet listening: /metrics, /healthz, /readyz. */
export function createHttpService(sources: HttpSources): Server {
  const server = createServer((request, response) => route(sources, request, response));
  server.maxConnections = MOST_SOCKETS;
  server.requestTimeout = 10_000;
  server.headersTimeout = 5_000;
  return server;
}

function route(sources: HttpSources, request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? '').split('?', 1)[0];
  if (path !== '/metrics' && path !== '/healthz' && path !== '/readyz') {
    text(request, response, 404, 'There is nothing here: try /metrics, /healthz or /readyz.');
  } else if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    text(request, response, 405, 'Only GET and HEAD are answered here.');
  } else if (path === '/metrics') {
    void serveMetrics(sources.page, request, response);
  } else if (path === '/healthz' || sources.ready()) {
    text(request, response, 200, 'ok');
  } else {
    text(request, response, 503, 'Not ready: the ports for agents and clients are not open.');
  }
}

function text(request: IncomingMessage, response: ServerResponse, status: number, sentence: string): void {
  const body = `${sentence}\n`;
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
