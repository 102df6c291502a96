import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import {
  CaptureClient,
  type Clock,
  createLinkServer,
  type Log,
  packageDefinition,
  type parse,
} from '@snoopy/proto';
import { HealthImplementation } from 'grpc-health-check';
import { CaptureService } from './capture/capture-service.js';
import type { Config } from './config.js';
import { FlowMetrics } from './exposition/flow-metrics.js';
import { FlowPage } from './exposition/flow-page.js';
import { createHttpService } from './http/http-service.js';
import { listen, listenGrpc } from './http/listen.js';
import { MetricsPage } from './http/metrics-page.js';
import type { Agents } from './ingest/agents.js';
import { addDataEndpoint } from './legacy/data-endpoint.js';
import { PodFiles } from './legacy/pod-files.js';
import { LossLedger } from './loss/loss-ledger.js';
import { createRegistry } from './metrics.js';
import { FanOut } from './observe/fan-out.js';
import { FlowRing } from './observe/flow-ring.js';
import { addObserver } from './observe/observer-service.js';
import { Status } from './observe/status.js';

const services = ['', 'snoopy.v1.Observer', 'snoopy.v1.Capture', 'protobuf.DataEndpoint'];
/** Streams that have not ended so long after a shutdown began are cut. */
const GRACE_MS = 3_000;

/** The parts of the aggregator, put together. Sinks start first, and stop last (DESIGN, law 7). */
export class Aggregator {
  readonly #ledger = new LossLedger();
  readonly #ring = new FlowRing();
  readonly #metrics: FlowMetrics;
  readonly #fanOut: FanOut;
  readonly #captures: CaptureService;
  readonly #health = new HealthImplementation(Object.fromEntries(services.map((name) => [name, 'SERVING'])));
  readonly #agentsServer = createLinkServer();
  readonly #clientsServer = createLinkServer();
  readonly #http: ReturnType<typeof createHttpService>;
  #ready = false;

  constructor(
    readonly config: Config,
    readonly version: string,
    readonly clock: Clock,
    readonly log: Log,
  ) {
    grpc.setLogVerbosity(grpc.logVerbosity.NONE); // its errors reach us, and are told in our words
    const instance = randomUUID();
    this.#metrics = new FlowMetrics(config['metrics-series']);
    this.#fanOut = new FanOut(this.#ring, this.#ledger, clock, config.subscribers);
    const agents = noAgents;
    this.#captures = new CaptureService(agents, clock, log, version, instance);
    const status = new Status({
      version,
      instance,
      agents,
      ledger: this.#ledger,
      fanOut: this.#fanOut,
      clock,
      connections: () => 0,
    });
    this.#addClientServices(status);
    this.#http = createHttpService({ page: this.#page(agents), ready: () => this.#ready });
  }

  /** Opens the ports. Throws SnoopyError with a sentence when one cannot be opened. @returns what was opened */
  async start(): Promise<Record<'agents' | 'clients' | 'http', parse.HostPort>> {
    const { config } = this;
    this.#fanOut.start();
    const http = await listen(this.#http, config.http, '--http');
    const clients = await listenGrpc(this.#clientsServer, config.listen, '--listen');
    const agents = await listenGrpc(this.#agentsServer, config['agents-listen'], '--agents-listen');
    this.#ready = true;
    return { agents, clients, http };
  }

  /** Says that it goes, lets what is under way arrive, ends all streams. */
  async stop(): Promise<void> {
    this.#ready = false;
    for (const name of services) this.#health.setStatus(name, 'NOT_SERVING');
    await end(this.#agentsServer);
    await this.#captures.stop();
    this.#fanOut.close();
    await end(this.#clientsServer);
    this.#http.close();
    this.#http.closeAllConnections();
  }

  #addClientServices(status: Status): void {
    const server = this.#clientsServer;
    addObserver(server, this.#fanOut, status, this.log);
    server.addService(CaptureClient.service, this.#captures.handlers());
    const { 'data-dir': folder, 'data-limit': limit } = this.config;
    addDataEndpoint(server, new PodFiles(join(folder, 'pods'), limit), this.log);
    this.#health.addToServer(server);
    new ReflectionService(packageDefinition).addToServer(server);
  }

  #page(agents: Agents): MetricsPage {
    const { edges } = this.#metrics;
    const flows = new FlowPage(edges, this.config['metrics-series'], this.clock);
    const own = createRegistry({
      version: this.version,
      ledger: this.#ledger,
      agentsConnected: () => agents.statuses().filter((status) => status.connected).length,
      subscribers: () => this.#fanOut.subscribers,
      connections: () => 0,
      seriesFolded: () => flows.folded,
      flowsFolded: () => edges.folded,
    });
    return new MetricsPage(flows, own, this.clock);
  }
}

/** Ends a server's calls, those that last too long by force. */
async function end(server: grpc.Server): Promise<void> {
  const timer = setTimeout(() => server.forceShutdown(), GRACE_MS);
  await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  clearTimeout(timer);
}

const noAgents: Agents = {
  statuses: () => [],
  pods: () => [],
  start: () => false,
  stop: () => undefined,
  forget: () => undefined,
  clockOffsetUs: () => 0,
};
