import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { constants, createGzip } from 'node:zlib';
import { acceptsGzip } from './accepts-gzip.js';
import type { MetricsPage } from './metrics-page.js';

/** Bytes handed over at a time: well under 1 ms of copying to a socket. */
const SLICE = 512 << 10;
/** A scrape that takes longer is cut off; Prometheus gives up after 10 s by default too. */
const MOST_MS = 10_000;

/** Answers GET and HEAD of /metrics. Never rejects. */
export async function serveMetrics(
  page: MetricsPage,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.on('error', () => undefined); // 'close' follows
  const reader = { cut: () => response.destroy() };
  const timer = setTimeout(reader.cut, MOST_MS);
  try {
    const parts = await page.enter(reader);
    if (!response.destroyed) await send(parts, request, response);
  } catch {
    response.destroy(); // the client went away, or was cut off
  } finally {
    clearTimeout(timer);
    page.leave(reader);
  }
}

async function send(
  parts: readonly Buffer[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gzip = acceptsGzip(request.headers['accept-encoding']);
  response.setHeader('Content-Type', 'text/plain; version=0.0.4; charset=utf-8');
  response.setHeader('Vary', 'Accept-Encoding');
  if (gzip) response.setHeader('Content-Encoding', 'gzip');
  else
    response.setHeader(
      'Content-Length',
      parts.reduce((sum, part) => sum + part.length, 0),
    );
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const closed = new Promise((resolve) => response.once('close', resolve));
  if (gzip) await sendCompressed(parts, response);
  else await writeSlices(parts, response);
  await closed;
}

async function sendCompressed(parts: readonly Buffer[], response: ServerResponse): Promise<void> {
  const gzip = createGzip({ level: constants.Z_BEST_SPEED, chunkSize: 128 << 10 });
  response.once('close', () => gzip.destroy());
  gzip.on('error', () => response.destroy());
  gzip.pipe(response);
  await writeSlices(parts, gzip);
}

/** Writes and ends, as fast as the other side takes it. Rejects when the stream closes before. */
async function writeSlices(parts: readonly Buffer[], stream: Writable): Promise<void> {
  const closed = new AbortController();
  const abort = (): void => closed.abort();
  stream.once('close', abort);
  for (const part of parts) {
    for (let at = 0; at < part.length; at += SLICE) {
      const more = stream.write(part.subarray(at, at + SLICE));
      if (!more) await once(stream, 'drain', { signal: closed.signal });
      await new Promise((resolve) => setImmediate(resolve)); // a quick reader's 'drain' comes without a turn of the loop
    }
  }
  stream.removeListener('close', abort);
  stream.end();
}
