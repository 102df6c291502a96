import * as grpc from '@grpc/grpc-js';
import {
  type AgentReport,
  agentLinkService,
  type ControlRequest,
  type ControlResponseMessage,
  createLinkServer,
  decodeFlowBatch,
  FlowColumns,
  type FlowsServerCall,
  type Hello,
  type LossMessage,
  type PacketAckMessage,
  type PacketChunk,
  type Pod,
  type TaskMessage,
  type TaskReport,
} from '@snoopy/proto';

/** A flow row as tests look at it. */
export interface Row {
  readonly sequence: number;
  readonly pod: string;
  readonly protocol: number;
  readonly state: number;
  readonly local: string;
  readonly peer: string;
  readonly sentPackets: number;
  readonly receivedPackets: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Time of the last packet, microseconds since 1970. */
  readonly lastUs: number;
  /** When the row arrived: milliseconds that never go back, and microseconds since 1970. */
  readonly atMs: number;
  readonly atUs: number;
}

type ControlCall = grpc.ServerDuplexStream<ControlRequest, ControlResponseMessage>;
type PacketsCall = grpc.ServerDuplexStream<PacketChunk, PacketAckMessage>;

/** The aggregator's side of the agent link, as real as the wire: what came is kept, what goes out is up to the test. */
export class FakeAggregator {
  hellos: Hello[] = [];
  readonly pods = new Map<string, Pod>();
  reports: AgentReport[] = [];
  tasks: TaskReport[] = [];
  chunks: PacketChunk[] = [];
  clocks: ControlRequest[] = [];
  rows: Row[] = [];
  lost: LossMessage[] = [];
  batches: { readonly first: number; readonly rows: number; readonly bytes: number }[] = [];
  metadata: grpc.Metadata[] = [];
  /** Whether batches are acknowledged as they come. */
  acknowledge = true;
  /** Whether rows are kept one by one. */
  keepRows = true;
  /** Whether Packets is read at all. */
  readPackets = true;

  #server: grpc.Server | undefined;
  #control: ControlCall | undefined;
  #flows: FlowsServerCall | undefined;
  #packets: PacketsCall | undefined;
  #host = '127.0.0.1';
  #port = 0;
  readonly #columns = new FlowColumns(10_000);

  get address(): string {
    return `${this.#host}:${this.#port}`;
  }

  get connected(): boolean {
    return this.#control !== undefined;
  }

  async start(host = this.#host): Promise<void> {
    this.#host = host;
    const server = createLinkServer();
    server.addService(agentLinkService, {
      Control: (call: ControlCall) => this.#onControl(call),
      Flows: (call: FlowsServerCall) => this.#onFlows(call),
      Packets: (call: PacketsCall) => this.#onPackets(call),
    });
    const credentials = grpc.ServerCredentials.createInsecure();
    this.#port = await new Promise<number>((resolve, reject) =>
      server.bindAsync(this.address, credentials, (error, port) => (error ? reject(error) : resolve(port))),
    );
    this.#server = server;
  }

  /** As if it was killed. The next start() takes the same port. */
  stop(): void {
    this.#server?.forceShutdown();
    this.#server = undefined;
    this.#control = undefined;
    this.#flows = undefined;
  }

  send(message: ControlResponseMessage): void {
    this.#control?.write(message);
  }

  startTask(task: TaskMessage): void {
    this.send({ start: task });
  }

  ack(sequence: number): void {
    this.#flows?.write({ sequence });
  }

  resumePackets(): void {
    this.readPackets = true;
    this.#packets?.resume();
  }

  /** Total of a kind of loss that batches told. */
  lostIn(stage: string, reason?: string): number {
    return this.lost
      .filter((one) => one.stage === stage && (reason === undefined || one.reason === reason))
      .reduce((sum, one) => sum + Number(one.count), 0);
  }

  get report(): AgentReport | undefined {
    return this.reports.at(-1);
  }

  #onControl(call: ControlCall): void {
    this.metadata.push(call.metadata);
    call.on('data', (message: ControlRequest) => {
      if (message.hello) {
        this.hellos.push(message.hello);
        this.#control = call;
        call.write({ welcome: { version: 'test', instance: 'fake' } });
      }
      if (message.pods) this.#takePods(message.pods);
      if (message.report) this.reports.push(message.report);
      if (message.task) this.tasks.push(message.task);
      if (message.clock) this.clocks.push(message);
    });
    call.on('end', () => call.end());
    call.on('error', () => {});
    call.on('close', () => {
      if (this.#control === call) this.#control = undefined;
    });
  }

  #takePods({ full, pods, removed }: NonNullable<ControlRequest['pods']>): void {
    if (full) this.pods.clear();
    for (const pod of pods) this.pods.set(pod.uid, pod);
    for (const uid of removed) this.pods.delete(uid);
  }

  #onFlows(call: FlowsServerCall): void {
    this.metadata.push(call.metadata);
    this.#flows = call;
    call.on('data', (bytes: Buffer) => this.#takeBatch(call, bytes));
    call.on('end', () => call.end());
    call.on('error', () => {});
  }

  #takeBatch(call: FlowsServerCall, bytes: Buffer): void {
    const columns = this.#columns;
    const header = decodeFlowBatch(bytes, columns);
    this.batches.push({ first: header.firstSequence, rows: columns.rows, bytes: bytes.length });
    this.lost.push(...header.lost);
    if (this.keepRows) {
      for (let i = 0; i < columns.rows; i++) this.rows.push(rowOf(columns, i, header.firstSequence));
    }
    if (this.acknowledge) call.write({ sequence: header.firstSequence + columns.rows });
  }

  #onPackets(call: PacketsCall): void {
    this.metadata.push(call.metadata);
    this.#packets = call;
    let bytes = 0;
    call.on('data', (chunk: PacketChunk) => {
      this.chunks.push(chunk);
      bytes += chunk.records.length + chunk.output.length;
      call.write({ bytes });
    });
    call.on('end', () => call.end());
    call.on('error', () => {});
    if (!this.readPackets) call.pause();
  }
}

function rowOf(columns: FlowColumns, i: number, first: number): Row {
  const address = (index: number): string => {
    const bytes = columns.addressBytes.subarray(index * 16, index * 16 + 16);
    const words = Array.from({ length: 8 }, (_, word) => (bytes[2 * word]! << 8) | bytes[2 * word + 1]!);
    const v4 = words[5] === 0xffff && words.slice(0, 5).every((one) => one === 0);
    return v4 ? bytes.subarray(12).join('.') : words.map((one) => one.toString(16)).join(':');
  };
  return {
    sequence: first + i,
    pod: columns.pods[columns.pod[i]!]!.name,
    protocol: columns.protocol[i]!,
    state: columns.state[i]!,
    local: `${address(columns.localAddress[i]!)}:${columns.localPort[i]}`,
    peer: `${address(columns.peerAddress[i]!)}:${columns.peerPort[i]}`,
    sentPackets: columns.sentPackets[i]!,
    receivedPackets: columns.receivedPackets[i]!,
    sentBytes: columns.sentBytes[i]!,
    receivedBytes: columns.receivedBytes[i]!,
    lastUs: columns.lastUs[i]!,
    atMs: performance.now(),
    atUs: (performance.timeOrigin + performance.now()) * 1_000,
  };
}

/** Waits until something holds; fails with what it was after `seconds`. */
export async function until(what: string, holds: () => boolean, seconds = 30): Promise<void> {
  const deadline = performance.now() + seconds * 1_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
