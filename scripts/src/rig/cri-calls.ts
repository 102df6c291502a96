import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const file = fileURLToPath(new URL('../../../src/rig/cri-rig.proto', import.meta.url));
const loaded = grpc.loadPackageDefinition(loadSync(file, { keepCase: true, longs: Number, defaults: true }));

type Call = (request: object, options: object, done: (error: Error | null, answer: never) => void) => void;
type Constructor = new (
  address: string,
  credentials: grpc.ChannelCredentials,
) => grpc.Client & Record<string, Call>;
const { RuntimeService, ImageService } = (loaded as never as { runtime: { v1: Record<string, Constructor> } })
  .runtime.v1 as Record<'RuntimeService' | 'ImageService', Constructor>;

/** The CRI's calls that the rig needs, one method each. */
export class RigRuntime {
  readonly #runtime;
  readonly #images;

  constructor(socket: string) {
    this.#runtime = new RuntimeService(`unix:${socket}`, grpc.credentials.createInsecure());
    this.#images = new ImageService(`unix:${socket}`, grpc.credentials.createInsecure());
  }

  async answers(): Promise<boolean> {
    return this.#call('Version', {}, 500).then(
      () => true,
      () => false,
    );
  }

  hasImage(image: string): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (error: Error | null, answer: { image: unknown }) =>
        resolve(!error && answer.image !== null);
      this.#images.ImageStatus!({ image: { image } }, { deadline: Date.now() + 2_000 }, done as never);
    });
  }

  async runSandbox(config: object): Promise<string> {
    return (await this.#call<{ pod_sandbox_id: string }>('RunPodSandbox', { config })).pod_sandbox_id;
  }

  async sandbox(id: string): Promise<{ ip: string; info: string }> {
    const request = { pod_sandbox_id: id, verbose: true };
    type Answer = { status: { network: { ip: string } | null }; info: Record<string, string> };
    const answer = await this.#call<Answer>('PodSandboxStatus', request);
    return { ip: answer.status.network?.ip ?? '', info: answer.info.info ?? '{}' };
  }

  async sandboxIds(): Promise<string[]> {
    return (await this.#call<{ items: { id: string }[] }>('ListPodSandbox', {}, 3_000)).items.map(
      ({ id }) => id,
    );
  }

  async stopSandbox(id: string): Promise<void> {
    await this.#call('StopPodSandbox', { pod_sandbox_id: id });
  }

  async removeSandbox(id: string): Promise<void> {
    await this.#call('RemovePodSandbox', { pod_sandbox_id: id });
  }

  async createContainer(sandboxId: string, config: object, sandboxConfig: object): Promise<string> {
    const request = { pod_sandbox_id: sandboxId, config, sandbox_config: sandboxConfig };
    return (await this.#call<{ container_id: string }>('CreateContainer', request)).container_id;
  }

  async startContainer(id: string): Promise<void> {
    await this.#call('StartContainer', { container_id: id });
  }

  async stopContainer(id: string): Promise<void> {
    await this.#call('StopContainer', { container_id: id });
  }

  async removeContainer(id: string): Promise<void> {
    await this.#call('RemoveContainer', { container_id: id });
  }

  async containerInfo(id: string): Promise<string> {
    const request = { container_id: id, verbose_or_timeout: 1 };
    return (await this.#call<{ info: Record<string, string> }>('ContainerStatus', request)).info.info ?? '{}';
  }

  close(): void {
    this.#runtime.close();
    this.#images.close();
  }

  #call<A>(method: string, request: object, milliseconds = 30_000): Promise<A> {
    return new Promise((resolve, reject) => {
      const done = (error: Error | null, answer: A) => (error ? reject(error) : resolve(answer));
      this.#runtime[method]!(request, { deadline: Date.now() + milliseconds }, done as never);
    });
  }
}
