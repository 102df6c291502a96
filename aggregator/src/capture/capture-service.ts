import * as os from 'node:os';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import {
  type CaptureRequest,
  type CaptureResponseMessage,
  type Clock,
  type Log,
  SnoopyError,
} from '@snoopy/proto';
import type { Access } from '../access/access.js';
import type { Agents } from '../ingest/agents.js';
import { admit } from '../server/admission.js';
import { callerOf } from '../server/caller.js';
import { type AllowedCapture, allowCapture } from './allowed-capture.js';
import { CaptureSession } from './capture-session.js';
import { captureSpec, matchesPod, nothingMatches } from './capture-spec.js';
import { CaptureAccount, CaptureTotals } from './capture-totals.js';
import type { SectionHeader } from './pcapng.js';

/** Captures at a time; each may keep 4 MiB waiting here and as much on its way out. */
const MOST_CAPTURES = 8;
const TICK_MS = 100;

type CaptureCall = ServerDuplexStream<CaptureRequest, CaptureResponseMessage>;

/** The `Capture` service of capture.proto. */
export class CaptureService {
  readonly totals = new CaptureTotals();
  readonly #sessions = new Set<CaptureSession>();
  readonly #header: SectionHeader;
  #number = 0;

  /** @param instance makes task ids unique across starts of the aggregator */
  constructor(
    readonly agents: Agents,
    readonly clock: Clock,
    readonly log: Log,
    version: string,
    readonly instance: string,
    readonly access: Access,
  ) {
    this.#header = {
      hardware: `${os.arch()}`,
      os: `${os.type()} ${os.release()}`,
      application: `snoopy ${version}`,
    };
  }

  /** What `grpc.Server.addService(CaptureClient.service, …)` takes. */
  handlers(): { Capture: (call: CaptureCall) => void } {
    return { Capture: (call) => this.#capture(call) };
  }

  /** Captures that run. */
  get running(): number {
    return this.#sessions.size;
  }

  /** Ends all captures in good order, with their statements; resolves when they are out, or after 5 s or so. */
  async stop(): Promise<void> {
    for (const session of this.#sessions) session.stop('The aggregator is shutting down.');
    while (this.#sessions.size > 0) await new Promise((resolve) => setTimeout(resolve, TICK_MS / 2));
  }

  #capture(call: CaptureCall): void {
    let session: CaptureSession | undefined;
    let asked = false;
    let stopped = false;
    const stop = () => {
      stopped = true;
      session?.stop('It was stopped.');
    };
    call.on('data', (request: CaptureRequest) => {
      if (request.stop) return stop();
      if (!request.start || asked)
        return fail(call, new SnoopyError('BAD_INPUT', 'Send one start, then stop.'));
      asked = true;
      const { start } = request;
      const decision = allowCapture(this.access, callerOf(call), start, this.agents);
      void admit(call, decision, this.log, (allowed) => {
        session = this.#start(call, start, allowed);
        if (stopped) stop();
      });
    });
    call.on('end', () => {
      if (asked) stop();
      else if (call.writable) fail(call, new SnoopyError('BAD_INPUT', 'The first message must be start.'));
    });
    call.on('cancelled', () => session?.cancel());
    call.on('error', () => session?.cancel());
  }

  #start(
    call: CaptureCall,
    start: NonNullable<CaptureRequest['start']>,
    { agents, grant }: AllowedCapture,
  ): CaptureSession {
    const spec = captureSpec(start);
    if (this.#sessions.size >= MOST_CAPTURES) {
      throw new SnoopyError(
        'LIMIT',
        `${MOST_CAPTURES} captures are running, which is the most; stop one of them.`,
      );
    }
    const pods = [...agents.pods()];
    if (!pods.some((pod) => matchesPod(spec, pod))) {
      const connected = agents.statuses().filter((agent) => agent.connected).length;
      throw nothingMatches(spec, pods, connected);
    }
    const id = `capture-${this.instance}-${this.#number++}`;
    let bytes = 0;
    const output = {
      send: (response: CaptureResponseMessage) => {
        bytes += response.pcapng?.length ?? 0;
        return call.write(response);
      },
      end: () => call.end(),
      fail: (error: SnoopyError) => fail(call, error),
    };
    const session = new CaptureSession(
      spec,
      agents,
      this.clock,
      output,
      this.#header,
      id,
      () => this.#sessions.size <= 1,
    );
    call.on('drain', () => session.resume());
    grant.keep((error) => fail(call, error));
    const over = () => grant.end(bytes);
    call.on('finish', over).on('cancelled', over).on('error', over);
    this.#run(session, id);
    return session;
  }

  #run(session: CaptureSession, id: string): void {
    this.#sessions.add(session);
    this.log.info({ capture: id, namespace: session.spec.namespace }, 'capture started');
    const account = new CaptureAccount(this.totals);
    const timer = setInterval(() => {
      session.tick();
      session.account(account);
      if (!session.ended) return;
      clearInterval(timer);
      this.totals.ends[session.end]++;
      this.#sessions.delete(session);
      this.log.info({ capture: id }, 'capture ended');
    }, TICK_MS);
    session.start();
  }
}

function fail(call: CaptureCall, error: SnoopyError): void {
  call.emit('error', { code: error.grpcCode, details: error.message });
}
