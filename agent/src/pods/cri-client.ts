import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { SnoopyError } from '@snoopy/proto';
import type { Container, Sandbox, SandboxStatus } from './cri-messages.js';

type Call = (
  request: object,
  options: grpc.CallOptions,
  done: (error: grpc.ServiceError | null, answer: never) => void,
) => void;
type Service = new (
  address: string,
  credentials: grpc.ChannelCredentials,
  options: grpc.ClientOptions,
) => grpc.Client & Record<string, Call>;

const file = fileURLToPath(new URL('../../../src/pods/cri.proto', import.meta.url));
const loaded = grpc.loadPackageDefinition(loadSync(file, { longs: Number, enums: String, defaults: true }));
const RuntimeService = (loaded as unknown as { runtime: { v1: { RuntimeService: Service } } }).runtime.v1
  .RuntimeService;

/** Milliseconds that a call may take. */
const patience = 5_000;

/** The reading half of a runtime's CRI, over its unix socket. Every method throws SnoopyError with a sentence. */
export class CriClient {
  readonly #service;

  constructor(readonly socket: string) {
    // The kubelet's own bound on such answers; 500 containers need about 1 MiB.
    const options = { 'grpc.max_receive_message_length': 16 << 20, 'grpc.enable_retries': 0 };
    this.#service = new RuntimeService(`unix:${socket}`, grpc.credentials.createInsecure(), options);
  }

  /** Name and version of the runtime. */
  async version(milliseconds = patience): Promise<string> {
    type Answer = { runtimeName: string; runtimeVersion: string };
    const { runtimeName, runtimeVersion } = await this.#call<Answer>(
      'Version',
      { version: 'v1' },
      milliseconds,
    );
    return `${runtimeName} ${runtimeVersion}`;
  }

  async sandboxes(): Promise<readonly Sandbox[]> {
    return (await this.#call<{ items: Sandbox[] }>('ListPodSandbox', {})).items;
  }

  /** Undefined when there is no such sandbox any more. */
  sandbox(id: string, verbose: boolean): Promise<SandboxStatus | undefined> {
    return this.#callOfOne('PodSandboxStatus', { podSandboxId: id, verbose });
  }

  /** Containers of one sandbox, or of all. */
  async containers(sandboxId?: string): Promise<readonly Container[]> {
    const request = sandboxId === undefined ? {} : { filter: { podSandboxId: sandboxId } };
    return (await this.#call<{ containers: Container[] }>('ListContainers', request)).containers;
  }

  /** What the runtime knows besides; undefined when there is no such container any more. */
  async containerInfo(id: string): Promise<Readonly<Record<string, string>> | undefined> {
    const request = { containerId: id, verbose: true };
    return (await this.#callOfOne<{ info: Record<string, string> }>('ContainerStatus', request))?.info;
  }

  close(): void {
    this.#service.close();
  }

  async #callOfOne<A>(method: string, request: object): Promise<A | undefined> {
    try {
      return await this.#call<A>(method, request);
    } catch (error) {
      if (((error as Error).cause as grpc.ServiceError | undefined)?.code === grpc.status.NOT_FOUND)
        return undefined;
      throw error;
    }
  }

  #call<A>(method: string, request: object, milliseconds = patience): Promise<A> {
    return new Promise((resolve, reject) => {
      const done = (error: grpc.ServiceError | null, answer: A) =>
        error ? reject(this.#explain(error)) : resolve(answer);
      this.#service[method]!(request, { deadline: Date.now() + milliseconds }, done as never);
    });
  }

  #explain(error: grpc.ServiceError): SnoopyError {
    const { socket } = this;
    const cause = { cause: error };
    if (!existsSync(socket)) {
      const message = `there is no socket ${socket}: start the container runtime or name its socket with --pods cri:SOCKET`;
      return new SnoopyError('UNAVAILABLE', message, cause);
    }
    if (error.code === grpc.status.UNIMPLEMENTED) {
      const message = `the runtime behind ${socket} does not speak CRI v1: containerd from 1.6 and CRI-O from 1.23 on do`;
      return new SnoopyError('UNSUPPORTED', message, cause);
    }
    if (error.details.includes('EACCES')) {
      return new SnoopyError('NOT_ALLOWED', `${socket} may not be opened by this user: it takes root`, cause);
    }
    const message = `the container runtime behind ${socket} does not answer as it should: ${error.details}`;
    return new SnoopyError('UNAVAILABLE', message, cause);
  }
}
