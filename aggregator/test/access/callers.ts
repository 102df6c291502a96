import * as grpc from '@grpc/grpc-js';
import {
  AgentLinkClient,
  CaptureClient,
  type CaptureStartMessage,
  DataEndpointClient,
  type Flow,
  type GetFlowsRequestMessage,
  type GetFlowsResponse,
  type GetStatusRequestMessage,
  type GetStatusResponse,
  JobsClient,
  ObserverClient,
} from '@snoopy/proto';

/** How a call ended: 0 is well. */
export interface Outcome {
  readonly code: number;
  readonly details: string;
}

const name = { 'grpc.ssl_target_name_override': 'snoopy-aggregator', 'grpc.use_local_subchannel_pool': 1 };

function bearer(token: string): grpc.Metadata {
  const metadata = new grpc.Metadata();
  if (token !== '') metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}

/** Calls port 4245 as people do, with any token or none. */
export class Callers {
  readonly #observer: InstanceType<typeof ObserverClient>;
  readonly #capture: InstanceType<typeof CaptureClient>;
  readonly #endpoint: InstanceType<typeof DataEndpointClient>;
  readonly #jobs: InstanceType<typeof JobsClient>;

  constructor(address: string, ca: string) {
    const credentials = grpc.credentials.createSsl(Buffer.from(ca));
    this.#observer = new ObserverClient(address, credentials, name);
    this.#capture = new CaptureClient(address, credentials, name);
    this.#endpoint = new DataEndpointClient(address, credentials, name);
    this.#jobs = new JobsClient(address, credentials, name);
  }

  async flows(token: string, request: GetFlowsRequestMessage): Promise<Outcome & { flows: Flow[] }> {
    const flows: Flow[] = [];
    const call = this.#observer.getFlows(request, bearer(token));
    call.on('data', (message: GetFlowsResponse) => flows.push(...message.flows));
    return { ...(await ended(call, request.follow ? () => call.cancel() : undefined)), flows };
  }

  /** A follower's stream, open. */
  follow(token: string, namespace: string): grpc.ClientReadableStream<GetFlowsResponse> {
    const include = [{ namespaces: [namespace] }];
    const call = this.#observer.getFlows({ follow: true, include }, bearer(token));
    call.on('data', () => undefined);
    return call;
  }

  status(token: string, request: GetStatusRequestMessage): Promise<Outcome & { answer?: GetStatusResponse }> {
    return new Promise((resolve) =>
      this.#observer.getStatus(request, bearer(token), (error, answer) =>
        resolve({ code: error?.code ?? 0, details: error?.details ?? '', ...(answer ? { answer } : {}) }),
      ),
    );
  }

  capture(token: string, start: CaptureStartMessage): Promise<Outcome> {
    const call = this.#capture.capture(bearer(token));
    call.write({ start });
    return ended(call, () => call.cancel());
  }

  run(token: string, tool: string, namespace = ''): Promise<Outcome> {
    const call = this.#jobs.run(bearer(token));
    call.write({ start: { namespace, tool } });
    return ended(call, () => call.cancel());
  }

  jobs(token: string, namespace = ''): Promise<Outcome> {
    return new Promise((resolve) =>
      this.#jobs.listJobs({ namespace }, bearer(token), (error) =>
        resolve({ code: error?.code ?? 0, details: error?.details ?? '' }),
      ),
    );
  }

  file(token: string, namespace: string): Promise<Outcome> {
    return ended(this.#jobs.readFile({ namespace, name: 'job' }, bearer(token)));
  }

  send(token: string): Promise<Outcome> {
    const call = this.#endpoint.exportPodData(bearer(token));
    call.write({ name: 'pod', data: Buffer.from('data') });
    call.end();
    return ended(call);
  }

  close(): void {
    for (const client of [this.#observer, this.#capture, this.#endpoint, this.#jobs]) client.close();
  }
}

/** Says hello as an agent and waits for the answer. @param call which of the three streams is opened */
export async function agentCalls(
  address: string,
  credentials: grpc.ChannelCredentials,
  token: string,
  node: string,
  call: 'control' | 'flows' | 'packets' = 'control',
): Promise<Outcome> {
  const client = new AgentLinkClient(address, credentials, name);
  const metadata = bearer(token);
  metadata.set('snoopy-agent', node);
  metadata.set('snoopy-epoch', '5');
  const stream = client[call](metadata) as grpc.ClientDuplexStream<object, object>;
  if (call === 'control') stream.write({ hello: { agent: node, epoch: 5, version: '1', nextSequence: 0 } });
  const outcome = await ended(stream, () => stream.cancel());
  client.close();
  return outcome;
}

/** Resolves at a call's end; with `enough` at its first message or, for a stream that stays quiet, its headers too. */
function ended(
  call: grpc.ClientReadableStream<unknown> | grpc.ClientDuplexStream<never, unknown>,
  enough?: () => void,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const well = () => {
      enough?.();
      resolve({ code: 0, details: '' });
    };
    call.on('data', () => enough && well());
    if (enough) call.on('metadata', well);
    call.on('error', ({ code, details }: grpc.ServiceError) => resolve({ code, details }));
    call.on('end', () => resolve({ code: 0, details: '' }));
  });
}
