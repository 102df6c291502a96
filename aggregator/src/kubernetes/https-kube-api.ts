import * as http from 'node:http';
import * as https from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { SnoopyError } from '@snoopy/proto';
import { EventLines } from './event-lines.js';
import { type KubeAnswer, type KubeApi, KubeError, type KubeRequest, type WatchEvent } from './kube-api.js';

/** Longest wait for an answer's beginning, and between its pieces. */
const ANSWER_MS = 15_000;
/** A dead peer is noticed after this and ten probes, one each second. */
const KEEP_ALIVE_MS = 10_000;
/** Longest answer; a page of 250 pods has about 5 MB. */
const MOST_BYTES = 128 << 20;

/**
 * Reads where the API server is and how to log in: from the pod's service account, or from a kubeconfig file.
 * @param file a kubeconfig; empty: the pod's own service account
 * @throws SnoopyError BAD_INPUT with a sentence
 */
export async function openKubeApi(file: string): Promise<KubeApi> {
  // Half of the program's memory: loaded only where there is Kubernetes.
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  try {
    if (file === '') config.loadFromCluster();
    else config.loadFromFile(file);
    if (!config.getCurrentCluster()) throw new Error('it names no current context');
  } catch (error) {
    const where = file === '' ? 'The service account of this pod' : file;
    throw new SnoopyError(
      'BAD_INPUT',
      `${where} cannot be used for Kubernetes: ${(error as Error).message}.`,
    );
  }
  return new HttpsKubeApi(config);
}

/** The API server over HTTPS, with the client library's log-in (tokens that are renewed, certificates, exec plugins). */
export class HttpsKubeApi implements KubeApi {
  constructor(readonly config: KubeConfig) {}

  async request(request: KubeRequest, signal?: AbortSignal): Promise<KubeAnswer> {
    const response = await this.#send(request, ANSWER_MS, signal);
    const text = await wholeText(response);
    return { status: response.statusCode ?? 0, body: parsed(text) };
  }

  async watch(
    request: KubeRequest,
    onEvent: (event: WatchEvent) => void,
    signal: AbortSignal,
    onActivity: () => void = () => {},
  ): Promise<void> {
    const response = await this.#send(request, 0, signal);
    if (response.statusCode !== 200) {
      const body = parsed(await wholeText(response)) as { message?: string; reason?: string } | undefined;
      const status = response.statusCode ?? 0;
      throw new KubeError(status, body?.message ?? `HTTP status ${status}`, body?.reason);
    }
    const lines = new EventLines(onEvent);
    try {
      for await (const chunk of response) {
        onActivity();
        lines.push(chunk as Buffer);
      }
    } catch (error) {
      throw asKubeError(error);
    } finally {
      response.destroy();
    }
  }

  async #send(request: KubeRequest, idleMs: number, signal?: AbortSignal): Promise<http.IncomingMessage> {
    const server = new URL(this.config.getCurrentCluster()!.server);
    const url = new URL(server.pathname.replace(/\/$/, '') + request.path, server);
    for (const [key, value] of Object.entries(request.query ?? {})) url.searchParams.set(key, value);
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const options: https.RequestOptions = {
      method: request.method ?? 'GET',
      headers: headersOf(request, body),
      ...(signal ? { signal } : {}),
    };
    await this.config.applyToHTTPSOptions(options).catch((error: unknown) => {
      throw asKubeError(error);
    });
    return new Promise((resolve, reject) => {
      const send = url.protocol === 'http:' ? http.request : https.request;
      const sent = send(url, options, (response) => {
        if (idleMs === 0) sent.setTimeout(0);
        resolve(response);
      });
      sent.setTimeout(ANSWER_MS, () => sent.destroy(new Error(`no answer within ${ANSWER_MS / 1_000} s`)));
      sent.on('socket', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
      sent.on('error', (error) => reject(asKubeError(error)));
      sent.end(body);
    });
  }
}

function headersOf(request: KubeRequest, body: string | undefined): Record<string, string> {
  const headers: Record<string, string> = {
    accept: request.accept ?? 'application/json',
    'user-agent': 'snoopy-aggregator',
  };
  if (body === undefined) return headers;
  headers['content-type'] = request.contentType ?? 'application/json';
  headers['content-length'] = String(Buffer.byteLength(body));
  return headers;
}

async function wholeText(response: http.IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of response) {
      bytes += (piece as Buffer).length;
      if (bytes > MOST_BYTES) throw new Error(`an answer of over ${MOST_BYTES} bytes`);
      pieces.push(piece as Buffer);
    }
  } catch (error) {
    response.destroy();
    throw asKubeError(error);
  }
  return Buffer.concat(pieces).toString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text.slice(0, 300) };
  }
}

function asKubeError(error: unknown): KubeError {
  return error instanceof KubeError ? error : new KubeError(0, (error as Error).message);
}
