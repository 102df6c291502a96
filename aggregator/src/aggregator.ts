import { randomBytes, randomUUID } from 'node:crypto';
import { arch, hostname, release, type } from 'node:os';
import { join } from 'node:path';
import { CaptureClient, type Clock, type Log, parse, SnoopyError } from '@snoopy/proto';
import { CaptureService } from './capture/capture-service.js';
import type { Config } from './config.js';
import { FlowMetrics } from './exposition/flow-metrics.js';
import { FlowPage } from './exposition/flow-page.js';
import { createHttpService } from './http/http-service.js';
import { MetricsPage } from './http/metrics-page.js';
import { AgentLink } from './ingest/agent-link.js';
import { addAgentLink } from './ingest/agent-service.js';
import type { Agents } from './ingest/agents.js';
import { DiskRunFiles } from './jobs/disk-run-files.js';
import { JobCluster } from './jobs/job-cluster.js';
import { JobController } from './jobs/job-controller.js';
import { AdmissionPolicy } from './jobs/job-policy.js';
import { JobTotals } from './jobs/job-totals.js';
import { JobWriter } from './jobs/job-writer.js';
import { addJobs } from './jobs/jobs-service.js';
import { EventWriter } from './kubernetes/event-writer.js';
import type { KubeApi } from './kubernetes/kube-api.js';
import { Kubernetes } from './kubernetes/kubernetes.js';
import { Leader } from './kubernetes/leader.js';
import { alone, LeaseRole, type Role } from './kubernetes/role.js';
import { addDataEndpoint } from './legacy/data-endpoint.js';
import { PodFiles } from './legacy/pod-files.js';
import { LossLedger } from './loss/loss-ledger.js';
import { createRegistry } from './metrics.js';
import { FanOut } from './observe/fan-out.js';
import { FlowRing } from './observe/flow-ring.js';
import { addObserver } from './observe/observer-service.js';
import { Status } from './observe/status.js';
import { GrpcPort } from './server/grpc-port.js';
import { listen } from './server/listen.js';
import { Passage } from './server/passage.js';
import { tlsCredentials } from './server/tls-credentials.js';
import { RunService } from './tools/run-service.js';
import type { Trust } from './trust.js';

/** Names are known long before, unless a right is missing. */
const SYNC_MS = 15_000;

/** The parts of the aggregator, put together. Sinks start first, and stop last (DESIGN, law 7). */
export class Aggregator {
  readonly #ledger = new LossLedger();
  readonly #ring = new FlowRing();
  readonly #metrics: FlowMetrics;
  readonly #fanOut: FanOut;
  readonly #agentLink: AgentLink;
  readonly #captures: CaptureService;
  readonly #agentsPort = new GrpcPort(['snoopy.v1.AgentLink'], false);
  readonly #clientsPort = new GrpcPort([
    'snoopy.v1.Observer',
    'snoopy.v1.Capture',
    'snoopy.v1.Jobs',
    'protobuf.DataEndpoint',
  ]);
  readonly #http: ReturnType<typeof createHttpService>;
  readonly #kubernetes: Kubernetes | undefined;
  readonly #jobs: JobController | undefined;
  readonly #runs: RunService;
  readonly #runFiles: DiskRunFiles;
  readonly #jobTotals = new JobTotals();
  readonly #leader: Leader | undefined;
  readonly #role: Role;
  readonly #passage: Passage;
  #clientsAt: parse.HostPort | undefined;
  #ready = false;
  /** Another aggregator works in this one's place: it is to be ended. */
  onDeposed = (): void => {};

  constructor(
    readonly config: Config,
    readonly version: string,
    readonly clock: Clock,
    readonly log: Log,
    readonly trust: Trust,
    /** The Kubernetes API, where there is one. */
    kube?: KubeApi,
  ) {
    const instance = randomUUID();
    if (kube) this.#leader = this.#newLeader(kube, instance);
    this.#role = this.#newRole();
    this.#passage = new Passage(() => this.#role.activeClients);
    this.#metrics = new FlowMetrics(config['metrics-series']);
    this.#fanOut = new FanOut(this.#ring, this.#ledger, clock, config.subscribers);
    this.#agentLink = new AgentLink({
      clock,
      log,
      version,
      instance,
      ledger: this.#ledger,
      sinks: [this.#metrics, this.#ring],
      deliveries: this.#fanOut,
      seed: randomBytes(4).readUInt32LE(),
    });
    addAgentLink(this.#agentsPort.server, this.#agentLink, log, trust.access, this.#role);
    const { agents, pods: index } = this.#agentLink;
    const sessions = () => agents.sessions();
    if (kube)
      this.#kubernetes = new Kubernetes({ api: kube, index, sessions, clock, log, random: Math.random });
    this.#runFiles = new DiskRunFiles(join(config['data-dir'], 'jobs'), config['data-limit']);
    this.#runs = new RunService(agents, clock, log, instance, trust.access);
    if (kube) this.#jobs = this.#jobController(kube, instance);
    this.#captures = new CaptureService(agents, clock, log, version, instance, trust.access);
    const status = new Status({
      version,
      instance,
      agents,
      ledger: this.#ledger,
      fanOut: this.#fanOut,
      clock,
      connections: () => this.#agentLink.merge.connections,
      kubernetesProblems: () => this.#kubernetes?.problems() ?? [],
    });
    this.#addClientServices(status);
    this.#http = createHttpService({ page: this.#page(agents), ready: () => this.#ready });
  }

  /** Opens the ports. Throws SnoopyError with a sentence when one cannot be opened. @returns what was opened */
  async start(): Promise<Record<'agents' | 'clients' | 'http', parse.HostPort>> {
    const { config } = this;
    this.#fanOut.start();
    this.#agentLink.start();
    this.#kubernetes?.start();
    this.#jobs?.start();
    const http = await listen(this.#http, config.http, '--http');
    const clients = this.#role.active
      ? await this.#openClients(config.listen)
      : await this.#passage.open(config.listen, '--listen');
    const agents = await this.#agentsPort.open(
      config['agents-listen'],
      '--agents-listen',
      this.#credentials(true),
    );
    this.#clientsAt = clients;
    this.#startLeader(agents, clients);
    this.#ready = true;
    return { agents, clients, http };
  }

  #startLeader(agents: parse.HostPort, clients: parse.HostPort): void {
    if (!this.#leader) return;
    const host = this.config['own-address'] || hostname();
    const at = ({ port }: parse.HostPort): string => parse.hostPortText({ host, port });
    this.#leader.address = { agents: at(agents), clients: at(clients) };
    // Rather one that knows all names by now than one that has just begun.
    const patience = this.clock.monotonicMs() + SYNC_MS;
    this.#leader.mayHold = () => this.#kubernetes!.synced || this.clock.monotonicMs() > patience;
    this.#leader.start();
  }

  #openClients(where: parse.HostPort): Promise<parse.HostPort> {
    return this.#clientsPort.open(where, '--listen', this.#credentials(false));
  }

  /** From now on this one works. */
  async #takeOver(): Promise<void> {
    this.#passage.retire();
    await this.#openClients(this.#clientsAt!);
  }

  #newLeader(api: KubeApi, instance: string): Leader {
    const { config, clock } = this;
    const identity = `${hostname()}_${instance}`;
    return new Leader(api, clock, config.namespace, 'snoopy-aggregator', identity);
  }

  #newRole(): Role {
    if (!this.config.standby) return alone;
    if (!this.#leader)
      throw new SnoopyError('BAD_INPUT', '--standby needs the Kubernetes API: give --kubernetes FILE.');
    const failed = (error: unknown): void => {
      this.log.error({ err: error }, 'taking over failed');
      this.onDeposed();
    };
    const takeOver = (): void => void this.#takeOver().catch(failed);
    return new LeaseRole(this.#leader, this.log, takeOver, () => this.onDeposed());
  }

  /** Says that it goes, lets what is under way arrive, ends all streams. */
  async stop(): Promise<void> {
    this.#ready = false;
    this.#agentsPort.notServing();
    this.#clientsPort.notServing();
    await this.#jobs?.stop();
    await this.#leader?.stop();
    await this.#kubernetes?.stop();
    await this.#agentLink.stop();
    await Promise.all([this.#agentsPort.close(), this.#captures.stop()]);
    this.#fanOut.close();
    this.#passage.close();
    await this.#clientsPort.close();
    this.#http.close();
    this.#http.closeAllConnections();
    this.trust.stop();
  }

  #credentials(mutual: boolean) {
    return this.trust.feed && tlsCredentials(this.trust.feed, mutual);
  }

  #addClientServices(status: Status): void {
    const { server } = this.#clientsPort;
    addObserver(server, this.#fanOut, status, this.log, this.trust.access);
    server.addService(CaptureClient.service, this.#captures.handlers());
    const { 'data-dir': folder, 'data-limit': limit } = this.config;
    const { log } = this;
    const access = this.trust.access;
    addJobs(server, { jobs: this.#jobs, files: this.#runFiles, runs: this.#runs, access, log });
    addDataEndpoint(server, new PodFiles(join(folder, 'pods'), limit), this.log, this.trust.access);
  }

  /** SnoopyJobs, which one of several aggregators carries out. */
  #jobController(api: KubeApi, instance: string): JobController {
    const { config, clock, log, version } = this;
    const { agents, pods } = this.#agentLink;
    const kubernetes = this.#kubernetes!;
    const policy = new AdmissionPolicy(api, config['job-policy'], log);
    return new JobController({
      ...{ api, clock, log, random: Math.random, files: this.#runFiles, totals: this.#jobTotals },
      leader: this.#leader!,
      cluster: new JobCluster(kubernetes.cluster, pods, agents, {
        policy,
        namespaces: config['job-namespaces'],
      }),
      policy,
      writer: new JobWriter(api, new EventWriter(api, clock, instance)),
      header: { hardware: arch(), os: `${type()} ${release()}`, application: `snoopy ${version}` },
      address: config.advertise || parse.hostPortText({ ...config.listen, host: hostname() }),
      collectors: config['job-collectors'],
      synced: () => kubernetes.synced,
    });
  }

  #page(agents: Agents): MetricsPage {
    const { edges } = this.#metrics;
    const flows = new FlowPage(edges, this.config['metrics-series'], this.clock);
    const own = createRegistry({
      version: this.version,
      ledger: this.#ledger,
      agents: () => agents.statuses(),
      captures: this.#captures,
      jobs: this.#jobTotals,
      identity: () => this.trust.feed?.now,
      active: () => this.#role.active,
      subscribers: () => this.#fanOut.subscribers,
      connections: () => this.#agentLink.merge.connections,
      seriesFolded: () => flows.folded,
      flowsFolded: () => edges.folded,
    });
    return new MetricsPage(flows, own, this.clock);
  }
}
