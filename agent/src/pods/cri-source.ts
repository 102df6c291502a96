import type { CriClient } from './cri-client.js';
import { readRuntimeInfo } from './cri-info.js';
import type { Sandbox, SandboxStatus } from './cri-messages.js';
import { currentSandboxes, isHostNetwork, isReady, podOf } from './cri-pods.js';
import { connectCri } from './cri-socket.js';
import { PodFeed } from './pod-feed.js';
import type { PodInfo, PodNetwork, PodSource } from './pod-source.js';

export interface CriSourceOptions {
  /** Milliseconds between two polls. */
  readonly intervalMs?: number;
  /** Sockets to try when none is given. */
  readonly candidates?: readonly string[];
}

/**
 * Pods of a container runtime, over its CRI v1 socket, asked once a second: two calls, and one for each new sandbox.
 * A runtime that is away, restarts or was never there is a state; the last list stays and the next poll tries again.
 */
export class CriSource implements PodSource {
  readonly #feed: PodFeed;
  readonly #intervalMs: number;
  /** Status of ready sandboxes: addresses and network mode do not change while they live. */
  #known = new Map<string, SandboxStatus>();
  #client: CriClient | undefined;
  #connecting: Promise<CriClient> | undefined;
  #version: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<readonly PodInfo[]> | undefined;

  /** @param socket none: the first default socket that answers */
  constructor(
    readonly socket?: string,
    readonly options: CriSourceOptions = {},
  ) {
    this.#intervalMs = options.intervalMs ?? 1_000;
    this.#feed = new PodFeed({
      ok: false,
      source: this.#name(),
      message: 'the container runtime was not asked yet',
    });
  }

  watch(...[onPods, onState]: Parameters<PodSource['watch']>): () => void {
    const remove = this.#feed.add(onPods, onState);
    this.#timer ??= setInterval(() => void this.#poll().catch(() => {}), this.#intervalMs);
    void this.#poll().catch(() => {});
    return () => {
      remove();
      if (!this.#feed.watched) this.#stopTimer();
    };
  }

  list(): Promise<readonly PodInfo[]> {
    return this.#poll();
  }

  async locate(uid: string): Promise<PodNetwork | undefined> {
    const client = await this.#connect();
    const sandbox = currentSandboxes(await client.sandboxes()).find(({ metadata }) => metadata.uid === uid);
    const status = sandbox && (await client.sandbox(sandbox.id, true));
    if (!sandbox || !status) return undefined;
    const { pid, path } = readRuntimeInfo(status.info);
    return {
      sandboxId: sandbox.id,
      ready: isReady(status.status),
      hostNetwork: isHostNetwork(status),
      ...(path === undefined ? {} : { path }),
      ...(pid === undefined ? {} : { sandboxPid: pid }),
      containers: await runningContainers(client, sandbox.id),
    };
  }

  close(): void {
    this.#stopTimer();
    this.#disconnect();
  }

  /** One round; whoever asks during a round gets the result of that one. */
  #poll(): Promise<readonly PodInfo[]> {
    this.#round ??= this.#ask().finally(() => {
      this.#round = undefined;
    });
    return this.#round;
  }

  async #ask(): Promise<readonly PodInfo[]> {
    try {
      const client = await this.#connect();
      const [all, containers] = await Promise.all([client.sandboxes(), client.containers()]);
      const sandboxes = currentSandboxes(all);
      await this.#learn(client, sandboxes);
      const pods = sandboxes.map((sandbox) => podOf(sandbox, containers, this.#known.get(sandbox.id)));
      this.#feed.setState({ ok: true, source: this.#name(), message: 'the container runtime answers' });
      this.#feed.setPods(pods);
      return pods;
    } catch (error) {
      // A new connection next time: the socket may be another one by then.
      this.#disconnect();
      this.#feed.setState({ ok: false, source: this.#name(), message: (error as Error).message });
      throw error;
    }
  }

  /** Asks for the status of ready sandboxes not seen yet and forgets those that are gone. */
  async #learn(client: CriClient, sandboxes: readonly Sandbox[]): Promise<void> {
    const known = new Map<string, SandboxStatus>();
    for (const { id } of sandboxes.filter(isReady)) {
      const status = this.#known.get(id) ?? (await client.sandbox(id, false));
      if (status && isReady(status.status)) known.set(id, status);
    }
    this.#known = known;
  }

  /** One connection for all who ask; a failed one is tried anew. */
  #connect(): Promise<CriClient> {
    this.#connecting ??= connectCri(this.socket, this.options.candidates).then(
      ({ client, version }) => {
        this.#client = client;
        this.#version = version;
        return client;
      },
      (error: Error) => {
        this.#connecting = undefined;
        throw error;
      },
    );
    return this.#connecting;
  }

  #disconnect(): void {
    this.#client?.close();
    this.#client = undefined;
    this.#connecting = undefined;
  }

  #name(): string {
    const socket = this.socket ?? this.#client?.socket;
    return `cri${socket ? `:${socket}` : ''}${this.#version ? ` (${this.#version})` : ''}`;
  }

  #stopTimer(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

async function runningContainers(client: CriClient, sandboxId: string): Promise<PodNetwork['containers']> {
  const running = (await client.containers(sandboxId)).filter(({ state }) => state === 'CONTAINER_RUNNING');
  const found = await Promise.all(
    running.map(async ({ id, metadata }) => {
      const pid = readRuntimeInfo((await client.containerInfo(id)) ?? {}).pid;
      return pid === undefined ? [] : [{ id, name: metadata.name, pid }];
    }),
  );
  return found.flat();
}
