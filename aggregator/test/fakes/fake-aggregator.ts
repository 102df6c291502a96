import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from '@grpc/grpc-js';
import {
  CaptureClient,
  type CaptureRequest,
  type CaptureResponseMessage,
  type FlowMessage,
  type GetFlowsRequest,
  type GetFlowsResponseMessage,
  type GetStatusRequest,
  type GetStatusResponseMessage,
  ObserverClient,
} from '@snoopy/proto';

export type FlowsCall = ServerWritableStream<GetFlowsRequest, GetFlowsResponseMessage>;
export type CaptureCall = ServerDuplexStream<CaptureRequest, CaptureResponseMessage>;

/** What the aggregator answers; everything has a dull default. */
export interface Script {
  flows?: (call: FlowsCall) => void;
  status?: GetStatusResponseMessage;
  capture?: (call: CaptureCall) => void;
}

/** A gRPC server that plays the aggregator to the command line. */
export class FakeAggregator {
  readonly flowsRequests: GetFlowsRequest[] = [];
  readonly statusRequests: GetStatusRequest[] = [];
  address = '';
  #server = new Server();

  private constructor(readonly script: Script) {}

  /** @param port 0: any */
  static async start(script: Script, port = 0): Promise<FakeAggregator> {
    const fake = new FakeAggregator(script);
    await fake.#listen(port);
    return fake;
  }

  get port(): number {
    return Number(this.address.split(':')[1]);
  }

  /** Ends at once, as a crash would. */
  stop(): void {
    this.#server.forceShutdown();
  }

  async #listen(port: number): Promise<void> {
    this.#server.addService(ObserverClient.service, {
      GetFlows: (call: FlowsCall) => {
        this.flowsRequests.push(call.request);
        if (this.script.flows) this.script.flows(call);
        else call.end();
      },
      GetStatus: (
        call: ServerUnaryCall<GetStatusRequest, GetStatusResponseMessage>,
        callback: sendUnaryData<GetStatusResponseMessage>,
      ) => {
        this.statusRequests.push(call.request);
        callback(null, this.script.status ?? {});
      },
    });
    this.#server.addService(CaptureClient.service, {
      Capture: (call: CaptureCall) => (this.script.capture ? this.script.capture(call) : call.end()),
    });
    const bound = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, actual) =>
        error ? reject(error) : resolve(actual),
      );
    });
    this.address = `127.0.0.1:${bound}`;
  }
}

/** A GetFlows that answers with one message and ends. */
export function answering(response: GetFlowsResponseMessage): (call: FlowsCall) => void {
  return (call) => {
    call.write(response);
    call.end();
  };
}

/** A flow between two pods, or what the changes make of it. */
export function flow(changes: FlowMessage = {}): FlowMessage {
  const pod = (name: string, ip: string, port: number) => ({
    ip,
    port,
    namespace: 'shop',
    pod: name,
    podUid: `uid-${name}`,
    labels: { app: name.split('-')[0]! },
    node: 'node-a',
    workload: name.split('-')[0]!,
  });
  return {
    time: { seconds: 1_800_000_000, nanos: 123_456_000 },
    durationSeconds: 0.5,
    protocol: 'TCP',
    source: pod('web-1', '10.0.0.1', 41_234),
    destination: pod('api-1', '10.0.0.2', 8_080),
    initiator: 'INITIATOR_SOURCE',
    outcome: 'OUTCOME_ESTABLISHED',
    request: { packets: 12, bytes: 3_400, payloadBytes: 2_600 },
    reply: { packets: 10, bytes: 56_000, payloadBytes: 55_000 },
    views: [view(1), { ...view(2), agent: 'node-b', vantage: 'VANTAGE_DESTINATION' }],
    ...changes,
  };
}

export function view(sequence: number) {
  return { agent: 'node-a', epoch: 1_799_999_999_000_000, sequence, vantage: 'VANTAGE_SOURCE' } as const;
}
