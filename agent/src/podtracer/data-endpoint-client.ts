import * as grpc from '@grpc/grpc-js';
import { DataEndpointClient, parse, SnoopyError } from '@snoopy/proto';
import type { Sink } from './sink.js';

/** Milliseconds for a connection, and for the last answers after the end. */
const patienceMs = 5_000;

const channelOptions: grpc.ClientOptions = {
  'grpc.enable_retries': 0,
  // A collector that vanishes without a word is noticed within 15 s instead of 15 min.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
};

/**
 * A collector that speaks the original operator's call: one ExportPodData stream for the whole run, each message
 * answered by the collector. The messages carry the pod's name alone, as the original's do.
 */
export class DataEndpointSink implements Sink {
  readonly name: string;
  onDrain = (): void => {};
  onFailure = (_error: Error): void => {};
  readonly #client: InstanceType<typeof DataEndpointClient>;
  readonly #call: ReturnType<InstanceType<typeof DataEndpointClient>['ExportPodData']>;
  readonly #pod: string;
  #sent = 0;
  #answered = 0;
  #failure: SnoopyError | undefined;
  #finished = false;
  #ending = false;
  #onFinish = (): void => {};

  private constructor(client: InstanceType<typeof DataEndpointClient>, name: string, pod: string) {
    this.#client = client;
    this.name = name;
    this.#pod = pod;
    this.#call = client.ExportPodData();
    this.#call.on('data', () => this.#answered++);
    this.#call.on('drain', () => this.onDrain());
    this.#call.on('error', () => {}); // the status says it
    this.#call.on('status', (status) => this.#finish(status));
  }

  /** Connects. Throws SnoopyError(UNAVAILABLE) when nobody answers there within 5 s. */
  static async open(address: parse.HostPort, pod: string): Promise<DataEndpointSink> {
    const target = parse.hostPortText(address);
    const client = new DataEndpointClient(target, grpc.credentials.createInsecure(), channelOptions);
    if (!(await connects(client.getChannel(), Date.now() + patienceMs))) {
      client.close();
      const message = `no collector answers at ${target}: is it running, and reachable from here?`;
      throw new SnoopyError('UNAVAILABLE', message);
    }
    return new DataEndpointSink(client, `collector ${target}`, pod);
  }

  write(chunk: Uint8Array): boolean {
    if (this.#finished) return true;
    this.#sent++;
    return this.#call.write({ name: this.#pod, data: chunk });
  }

  async end(): Promise<void> {
    if (!this.#finished) {
      this.#ending = true;
      this.#call.end();
      const timer = setTimeout(() => this.#call.cancel(), patienceMs);
      await new Promise<void>((resolve) => {
        this.#onFinish = resolve;
      });
      clearTimeout(timer);
    }
    this.#client.close();
    if (this.#failure) throw this.#failure;
    if (this.#answered < this.#sent) {
      const message = `${this.name} answered ${this.#answered} of ${this.#sent} messages: the rest may be lost`;
      throw new SnoopyError('UNAVAILABLE', message);
    }
  }

  #finish(status: grpc.StatusObject): void {
    this.#finished = true;
    const unanswered = `${this.#sent - this.#answered} of ${this.#sent} messages are not answered`;
    if (status.code !== grpc.status.OK) this.#fail(`failed: ${status.details}; ${unanswered}`);
    else if (!this.#ending) this.#fail(`ended the stream before its end; ${unanswered}`);
    this.onDrain();
    this.#onFinish();
  }

  #fail(why: string): void {
    this.#failure = new SnoopyError('UNAVAILABLE', `${this.name} ${why}`);
    this.onFailure(this.#failure);
  }
}

type Connectivity = Pick<grpc.Channel, 'getConnectivityState' | 'watchConnectivityState'>;

/** Whether the first attempt succeeds: grpc's own waiting would go on trying what was refused. */
function connects(channel: Connectivity, deadline: number): Promise<boolean> {
  const state = channel.getConnectivityState(true);
  if (state === grpc.connectivityState.READY) return Promise.resolve(true);
  if (state === grpc.connectivityState.TRANSIENT_FAILURE) return Promise.resolve(false);
  return new Promise((resolve) => {
    channel.watchConnectivityState(state, deadline, (error) =>
      resolve(error ? false : connects(channel, deadline)),
    );
  });
}
