import {
  type ChannelCredentials,
  type Client,
  connectivityState,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import {
  CaptureClient,
  type CaptureResponse,
  type CaptureStartMessage,
  type ErrorCode,
  errorCodes,
  type GetFlowsRequestMessage,
  type GetFlowsResponse,
  type GetStatusResponse,
  type Job,
  JobsClient,
  linkChannelOptions,
  ObserverClient,
  parse,
  type ReadFileRequestMessage,
  type ReadFileResponse,
  type RunResponse,
  type RunStartMessage,
  SnoopyError,
} from '@snoopy/proto';
import type { Security } from './security.js';
import type { CaptureStream, Server, Stoppable } from './server.js';

/** How long reaching the aggregator, or a short answer, may take. */
const DEADLINE_MS = 5_000;
/** A response with 1,000 flows and all their labels stays far below. */
const MOST_BYTES = 64 << 20;

const channelOptions = {
  ...linkChannelOptions,
  'grpc.max_receive_message_length': MOST_BYTES,
  // A proxy for the web is not the way to the aggregator.
  'grpc.enable_http_proxy': 0,
};

/** Connects over gRPC. */
export async function connectServer(
  address: string,
  security: Security,
  signal?: AbortSignal,
): Promise<Server> {
  const target = parse.hostPortText(parse.hostPort(address));
  const name = security.serverName;
  const observer = new ObserverClient(target, credentialsOf(security), {
    ...channelOptions,
    ...(name === '' ? {} : { 'grpc.ssl_target_name_override': name }),
  });
  try {
    await reach(observer, address, security, signal);
  } catch (error) {
    observer.close();
    throw error;
  }
  const capture = new CaptureClient(target, credentials.createInsecure(), {
    ...channelOptions,
    channelOverride: observer.getChannel(),
  });
  const jobs = new JobsClient(target, credentials.createInsecure(), {
    ...channelOptions,
    channelOverride: observer.getChannel(),
  });
  return new RemoteServer(address, observer, capture, jobs);
}

function credentialsOf({ ca, token }: Security): ChannelCredentials {
  if (ca === undefined) return credentials.createInsecure();
  const tls = credentials.createSsl(ca === 'system' ? null : ca);
  if (token === '') return tls;
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  return tls.compose(credentials.createFromMetadataGenerator((_, callback) => callback(null, metadata)));
}

/** Resolves when the channel is ready; the first failed attempt is the answer, there is no second. */
async function reach(client: Client, address: string, { ca }: Security, signal?: AbortSignal): Promise<void> {
  const channel = client.getChannel();
  const deadline = Date.now() + DEADLINE_MS;
  for (let state = channel.getConnectivityState(true); state !== connectivityState.READY; ) {
    if (state === connectivityState.TRANSIENT_FAILURE || Date.now() >= deadline || signal?.aborted) {
      throw new SnoopyError(
        'UNAVAILABLE',
        `No aggregator answers at ${address}. Start snoopy-aggregator there, or say where it is with --server HOST:PORT or SNOOPY_SERVER.${ca ? ' Or its certificate is not of these authorities.' : ' If it is there, it may want TLS: give --tls-dir or --tls-ca.'}`,
      );
    }
    await new Promise<void>((resolve) => channel.watchConnectivityState(state, deadline, () => resolve()));
    state = channel.getConnectivityState(true);
  }
}

class RemoteServer implements Server {
  constructor(
    readonly address: string,
    readonly observer: InstanceType<typeof ObserverClient>,
    readonly captures: InstanceType<typeof CaptureClient>,
    readonly jobCalls: InstanceType<typeof JobsClient>,
  ) {}

  status(include: Parameters<Server['status']>[0]): Promise<GetStatusResponse> {
    return new Promise((resolve, reject) => {
      this.observer.GetStatus({ include }, { deadline: Date.now() + DEADLINE_MS }, (error, response) => {
        if (response) resolve(response);
        else reject(asSnoopyError(error, this.address));
      });
    });
  }

  async *flows(request: GetFlowsRequestMessage, signal: AbortSignal): AsyncIterable<GetFlowsResponse> {
    const call = this.observer.GetFlows(request);
    const cancel = () => call.cancel();
    signal.addEventListener('abort', cancel);
    try {
      if (signal.aborted) return;
      for await (const response of call) yield response as GetFlowsResponse;
    } catch (error) {
      if (!signal.aborted) throw asSnoopyError(error, this.address);
    } finally {
      signal.removeEventListener('abort', cancel);
      call.cancel();
    }
  }

  capture(start: CaptureStartMessage): CaptureStream {
    const call = this.captures.Capture();
    call.write({ start });
    const stop = () => call.write({ stop: {} });
    return { responses: this.#messages<CaptureResponse>(call), stop, cancel: () => call.cancel() };
  }

  run(start: RunStartMessage): Stoppable<RunResponse> {
    const call = this.jobCalls.Run();
    call.write({ start });
    const stop = () => call.write({ stop: {} });
    return { responses: this.#messages<RunResponse>(call), stop, cancel: () => call.cancel() };
  }

  jobs(namespace: string, name: string): Promise<readonly Job[]> {
    const deadline = Date.now() + DEADLINE_MS;
    return new Promise((resolve, reject) => {
      this.jobCalls.ListJobs({ namespace, name }, { deadline }, (error, response) => {
        if (response) resolve(response.jobs);
        else reject(asSnoopyError(error, this.address));
      });
    });
  }

  readFile(request: ReadFileRequestMessage): AsyncIterable<ReadFileResponse> {
    return this.#messages<ReadFileResponse>(this.jobCalls.ReadFile(request));
  }

  async *#messages<T>(call: AsyncIterable<unknown>): AsyncIterable<T> {
    try {
      for await (const response of call) yield response as T;
    } catch (error) {
      throw asSnoopyError(error, this.address);
    }
  }

  close(): void {
    this.observer.close();
  }
}

/** CANCELLED by the other side: it shut down while we were reading. */
const gone: readonly (status | undefined)[] = [
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
];

function asSnoopyError(error: unknown, address: string): unknown {
  const { code, details } = error as ServiceError;
  if (code === undefined) return error;
  if (gone.includes(code)) {
    const why = details === '' ? '' : `: ${details}`;
    return new SnoopyError('UNAVAILABLE', `The connection to the aggregator at ${address} failed${why}`);
  }
  if (code === status.UNIMPLEMENTED) {
    return new SnoopyError('UNSUPPORTED', `What answers at ${address} is no snoopy-aggregator: ${details}`);
  }
  const known = Object.entries(errorCodes).find(([, { grpc }]) => grpc === code);
  return new SnoopyError((known?.[0] ?? 'INTERNAL') as ErrorCode, details || 'The aggregator failed.');
}
