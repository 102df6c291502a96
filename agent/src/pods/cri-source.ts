import type { CriClient } from './cri-client.js';
import { readRuntimeInfo } from './cri-info.js';
import type { Sandbox, SandboxStatus } from './cri-messages.js';
import { currentSandboxes, isHostNetwork, isReady, podOf } from './cri-pods.js';
import { connectCri } from './cri-socket.js';
import { NamespaceFolders } from './namespace-folders.js';
import { PodFeed } from './pod-feed.js';
import type { NamespaceEvents, PodInfo, PodNetwork, PodSource } from './pod-source.js';

/** Where folders tell of pods that come and go, the runtime is asked so many times more rarely. */
const toldTimes = 5;
/** A namespace that has come is some pod's soon: until then, and for so long at most, the runtime is asked this often. */
const hurryMs = 150;
const hurryForMs = 10_000;

export interface CriSourceOptions {
  /** Milliseconds between two polls. */
  readonly intervalMs?: number;
  /** Sockets to try when none is given. */
  readonly candidates?: readonly string[];
}

/**
 * Pods of a container runtime, over its CRI v1 socket, asked once a second: two calls, and one for each new sandbox.
 * Where the folders of namespaces are watched they say when to ask, and without news it is asked each 5 s.
 * A runtime that is away, restarts or was never there is a state; the last list stays and the next poll tries again.
 */
export class CriSource implements PodSource {
  readonly #feed: PodFeed;
  readonly #intervalMs: number;
  /** Status of ready sandboxes: addresses and network mode do not change while they live. */
  #known = new Map<string, SandboxStatus>();
  /** Of ready sandboxes: files of their namespaces. */
  #paths = new Map<string, string>();
  /** Namespaces that have come and belong to no sandbox yet. */
  readonly #unknown = new Set<string>();
  readonly #folders = new NamespaceFolders({
    appeared: (path) => this.#appeared(path),
    gone: (path) => this.#gone(path),
  });
  #events: NamespaceEvents | undefined;
  #hurryUntilMs = 0;
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
    void this.#poll().catch(() => {});
    if (!this.#timer) this.#plan();
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

  namespaces(events: NamespaceEvents): () => void {
    this.#events = events;
    this.#folders.start();
    return () => {
      this.#events = undefined;
      this.#folders.close();
    };
  }

  close(): void {
    this.#stopTimer();
    this.#folders.close();
    this.#disconnect();
  }

  #appeared(path: string): void {
    this.#unknown.add(path);
    this.#hurryUntilMs = performance.now() + hurryForMs;
    this.#events?.appeared(path);
    this.#plan();
  }

  #gone(path: string): void {
    this.#unknown.delete(path);
    this.#events?.gone(path);
    this.#plan(0);
  }

  /** When the runtime is asked next: soon while a namespace waits for its pod, rarely where folders tell of pods. */
  #plan(ms = this.#waitMs()): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      void this.#poll()
        .catch(() => {})
        .finally(() => this.#timer && this.#plan());
    }, ms);
  }

  #waitMs(): number {
    const { size } = this.#unknown;
    if (size > 0 && performance.now() < this.#hurryUntilMs) return Math.min(hurryMs, this.#intervalMs);
    const told = this.#events && this.#folders.watching && this.#client;
    return told ? toldTimes * this.#intervalMs : this.#intervalMs;
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
      const pods = sandboxes.map((sandbox) =>
        podOf(sandbox, containers, this.#known.get(sandbox.id), this.#paths.get(sandbox.id)),
      );
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
    const paths = new Map<string, string>();
    for (const { id } of sandboxes.filter(isReady)) {
      const status = this.#known.get(id) ?? (await client.sandbox(id, true));
      if (!status || !isReady(status.status)) continue;
      known.set(id, status);
      const path = this.#paths.get(id) ?? this.#pathOf(status);
      if (path !== undefined) paths.set(id, path);
    }
    this.#known = known;
    this.#paths = paths;
    for (const path of paths.values()) this.#unknown.delete(path);
  }

  #pathOf({ info }: SandboxStatus): string | undefined {
    const { path } = readRuntimeInfo(info);
    return path === undefined || !this.#events ? undefined : this.#folders.learn(path);
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
    clearTimeout(this.#timer);
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
