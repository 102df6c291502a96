import { randomInt } from 'node:crypto';
import * as grpc from '@grpc/grpc-js';
import {
  AgentLinkClient,
  type Clock,
  FlowColumns as Columns,
  type ControlRequestMessage,
  type ControlResponse,
  createLinkServer,
  createLog,
  encodeFlowBatch,
  type FlowColumns,
  flowsMethod,
  type LossMessage,
  linkChannelOptions,
  type PacketAck,
  type PacketChunkMessage,
  systemClock,
} from '@snoopy/proto';
import { FlowMaker } from '@snoopy/proto/flow-maker';
import { openAccess } from '../../src/access/open-access.js';
import { AgentLink } from '../../src/ingest/agent-link.js';
import { addAgentLink } from '../../src/ingest/agent-service.js';
import type { Deliveries } from '../../src/ingest/deliveries.js';
import { LossLedger } from '../../src/loss/loss-ledger.js';
import type { FlowSink, MergedFlow } from '../../src/merge/merged-flow.js';
import { viewsOf } from '../fakes/views.js';

/** The aggregator's side of the link, real but for its readers. */
export class LinkRig implements FlowSink, Deliveries {
  readonly ledger = new LossLedger();
  readonly link: AgentLink;
  /** Every record that left, as agent/epoch/sequence. */
  readonly records: string[] = [];
  readonly partial = new Set<string>();
  readonly server = createLinkServer();
  port = 0;
  /** Readers have everything, unless a test says otherwise. */
  flushed = Number.POSITIVE_INFINITY;
  #position = 0;

  constructor(clock: Clock = systemClock, access = openAccess) {
    const log = createLog('test', 'silent');
    this.link = new AgentLink({
      clock,
      log,
      version: 'test',
      instance: String(randomInt(1e9)),
      ledger: this.ledger,
      sinks: [this],
      deliveries: this,
      seed: 1,
      connections: 50_000,
    });
    addAgentLink(this.server, this.link, log, access);
  }

  async start(port = 0, credentials = grpc.ServerCredentials.createInsecure()): Promise<this> {
    this.link.start();
    this.port = await new Promise((resolve, reject) => {
      this.server.bindAsync(`127.0.0.1:${port}`, credentials, (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    return this;
  }

  async stop(): Promise<void> {
    await this.link.stop();
    this.server.forceShutdown();
  }

  take(flow: MergedFlow): void {
    this.#position++;
    for (const view of viewsOf(flow)) {
      const key = `${view.agent}/${view.epoch}/${view.sequence}`;
      this.records.push(key);
      if (flow.partial) this.partial.add(key);
    }
  }

  position(): number {
    return this.#position;
  }

  flushedPosition(): number {
    return Math.min(this.flushed, this.#position);
  }

  /** What the ledger holds of a stage and reason. */
  lost(stage: string, reason: string): number {
    return this.ledger
      .totals()
      .filter((loss) => loss.stage === stage && loss.reason === reason)
      .reduce((sum, { count }) => sum + Number(count), 0);
  }
}

/** How an agent shows who it is. */
export interface Security {
  readonly credentials: grpc.ChannelCredentials;
  readonly token?: string;
}

/** An agent that says what a test wants it to, over real gRPC. */
export class TestAgent {
  sequence = 0;
  acked = -1;
  readonly acks: number[] = [];
  readonly control: grpc.ClientDuplexStream<ControlRequestMessage, ControlResponse>;
  readonly messages: ControlResponse[] = [];
  flows: grpc.ClientDuplexStream<Buffer, { sequence: number }> | undefined;
  /** Sentences with which streams were ended. */
  readonly errors: grpc.ServiceError[] = [];
  readonly ended: string[] = [];
  readonly client: InstanceType<typeof AgentLinkClient>;
  readonly metadata = new grpc.Metadata();
  readonly #columns = new Columns(1_000);
  readonly #maker = new FlowMaker(1);

  constructor(
    port: number,
    readonly name = 'node-1',
    readonly epoch = 1_790_000_000_000_000,
    options: grpc.ChannelOptions = {},
    security: Security = { credentials: grpc.credentials.createInsecure() },
  ) {
    this.client = new AgentLinkClient(`127.0.0.1:${port}`, security.credentials, {
      ...linkChannelOptions,
      'grpc.use_local_subchannel_pool': 1,
      ...options,
    });
    if (security.token !== undefined) this.metadata.set('authorization', `Bearer ${security.token}`);
    this.metadata.set('snoopy-agent', name);
    this.metadata.set('snoopy-epoch', String(epoch));
    this.control = this.client.control(this.metadata);
    this.control.on('data', (message: ControlResponse) => this.messages.push(message));
    this.#watch('control', this.control);
  }

  /** Says hello and waits for the welcome. */
  async hello(more: object = {}): Promise<this> {
    const { name: agent, epoch } = this;
    this.control.write({ hello: { agent, epoch, version: '1', nextSequence: this.sequence, ...more } });
    await until(() => this.messages.some((message) => message.welcome) || this.errors.length > 0);
    return this;
  }

  openFlows(): this {
    const { path, requestSerialize, responseDeserialize } = flowsMethod;
    const flows = this.client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      this.metadata,
      {},
    );
    flows.on('data', ({ sequence }) => {
      this.acked = sequence;
      this.acks.push(sequence);
    });
    this.flows = flows;
    this.#watch('flows', flows);
    return this;
  }

  openPackets(onAck: (ack: PacketAck) => void): grpc.ClientDuplexStream<PacketChunkMessage, PacketAck> {
    const packets = this.client.packets(this.metadata);
    packets.on('data', onAck);
    this.#watch('packets', packets);
    return packets;
  }

  /** A batch of the next `rows` rows. */
  batch(rows: number, lost: LossMessage[] = [], first = this.sequence): Buffer {
    const columns = this.columns(rows);
    this.sequence = first + rows;
    return encodeFlowBatch({ epoch: this.epoch, firstSequence: first, lost }, columns);
  }

  columns(rows: number): FlowColumns {
    this.#maker.fill(this.#columns, rows);
    return this.#columns;
  }

  send(rows: number, lost: LossMessage[] = [], first = this.sequence): void {
    this.flows!.write(this.batch(rows, lost, first));
  }

  close(): void {
    this.client.close();
    this.control.cancel();
    this.flows?.cancel();
  }

  #watch(name: string, call: grpc.ClientDuplexStream<never, unknown>): void {
    call.on('error', (error: grpc.ServiceError) => this.errors.push(error));
    call.on('end', () => this.ended.push(name));
  }
}

/** Waits until something holds; the test's own time limit ends it otherwise. */
export async function until(condition: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  for (const end = Date.now() + ms; !(await condition()); await sleep(5)) {
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain for ${condition}`);
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Keys of rows as `records` has them. */
export function keys(agent: TestAgent, from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `${agent.name}/${agent.epoch}/${from + i}`);
}
