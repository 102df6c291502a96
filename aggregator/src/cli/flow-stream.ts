import {
  Backoff,
  type Flow,
  type GetFlowsRequestMessage,
  type GetFlowsResponse,
  SnoopyError,
} from '@snoopy/proto';
import { milliseconds, momentOf } from './moment.js';
import { SeenViews } from './seen-views.js';
import type { Connect, Server } from './server.js';

/** How far before the last flow a new connection asks again: agents resend what was not acknowledged. */
const OVERLAP_MS = 60_000;

export interface FlowStreamOptions {
  readonly request: GetFlowsRequestMessage;
  /** Connect again when the aggregator goes away. */
  readonly reconnect: boolean;
  readonly signal: AbortSignal;
  /** Told once an outage, and when it is over. */
  readonly warn: (line: string) => void;
  readonly connect: Connect;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly backoff?: Backoff;
}

/** The flows of a request, over as many connections as it takes; none twice. */
export async function* flowStream(
  first: Server,
  options: FlowStreamOptions,
): AsyncIterable<GetFlowsResponse> {
  const { signal, warn } = options;
  const seen = new SeenViews();
  let server = first;
  let request = options.request;
  let lastMs = options.nowMs();
  let again = false;
  for (;;) {
    try {
      for await (const response of server.flows(request, signal)) {
        // Within one connection nothing comes twice; what did would be worth seeing.
        const flows = response.flows.filter((flow) => !seen.repeats(flow) || !again);
        lastMs = latest(flows, lastMs);
        yield { flows, lost: response.lost };
      }
      if (!options.reconnect || signal.aborted || options.request.until) return;
    } catch (error) {
      if (!options.reconnect || !(error instanceof SnoopyError) || error.code !== 'UNAVAILABLE') throw error;
    }
    lastMs = Math.min(lastMs, options.nowMs());
    warn(
      `snoopy: the connection to ${server.address} is lost; trying again until it is back (Ctrl-C ends this).`,
    );
    server.close();
    const next = await connectAgain(server.address, options);
    if (!next) return;
    server = next;
    warn(`snoopy: connected to ${server.address} again.`);
    again = true;
    request = { ...options.request, last: 0, since: momentOf(lastMs - OVERLAP_MS) };
  }
}

/** Undefined when the caller gave up. */
async function connectAgain(address: string, options: FlowStreamOptions): Promise<Server | undefined> {
  const backoff = options.backoff ?? new Backoff(500, 5_000);
  while (!options.signal.aborted) {
    await pause(backoff.next(), options.signal);
    try {
      return await options.connect(address, options.signal);
    } catch (error) {
      if (!(error instanceof SnoopyError) || !error.retryable) throw error;
    }
  }
  return undefined;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', settle);
      resolve();
    };
    const timer = setTimeout(settle, ms);
    signal.addEventListener('abort', settle);
  });
}

function latest(flows: readonly Flow[], before: number): number {
  return flows.reduce((last, flow) => Math.max(last, flow.time ? milliseconds(flow.time) : 0), before);
}
