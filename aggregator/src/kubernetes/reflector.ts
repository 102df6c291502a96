import type { Clock } from '@snoopy/proto';
import { accepted, type KubeApi, KubeError, type KubeObject, type WatchEvent } from './kube-api.js';
import { RetryDelay } from './retry-delay.js';

/** Objects in one page of a list. A page of pods is about 5 MB of JSON and takes 50 ms to read. */
const PAGE = 250;
/** The server ends a watch after this; different for each, so that they do not all come back at once. Seconds. */
const WATCH_S = [300, 600] as const;
/** A watch on which nothing came for so long, not even a bookmark (one a minute), is taken for dead. */
const SILENT_MS = 90_000;
/** A watch that ended sooner was no good one. */
const SHORT_MS = 1_000;

export const ONLY_METADATA = {
  list: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json',
  watch: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json',
} as const;

export interface ReflectorOptions<T> {
  readonly api: KubeApi;
  readonly clock: Clock;
  /** 0 … 1. */
  readonly random: () => number;
  /** Such as `/api/v1/pods`. */
  readonly path: string;
  /** Ask for the objects' metadata alone. */
  readonly onlyMetadata?: boolean;
  /** What is kept of an object; undefined: it does not matter. */
  readonly project: (object: KubeObject) => T | undefined;
  /** Something was added, changed (both are there) or removed (`now` is undefined). */
  readonly onChange: (key: string, now: T | undefined, before: T | undefined) => void;
  /** How it goes; told when that changes. */
  readonly onState?: (state: ReflectorState) => void;
  readonly silentMs?: number;
}

export interface ReflectorState {
  /** The whole list was read at least once. */
  readonly synced: boolean;
  /** Why it is not following now; empty when it is. */
  readonly problem: string;
}

/**
 * A local copy of one kind of objects, cut down to what is needed: lists them, then follows a watch (Kubernetes API
 * concepts, "Efficient detection of changes"). What breaks is begun again where it was; when the server no longer
 * knows that place (410), by a new list, whose differences are told like changes.
 */
export class Reflector<T> {
  readonly objects = new Map<string, T>();
  #state: ReflectorState = { synced: false, problem: 'not asked yet' };
  readonly #options: ReflectorOptions<T>;
  readonly #delay: RetryDelay;
  readonly #stop = new AbortController();
  #version: string | undefined;
  #running: Promise<void> | undefined;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#delay = new RetryDelay(options.random);
  }

  get state(): ReflectorState {
    return this.#state;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const since = this.#options.clock.monotonicMs();
      try {
        if (this.#version === undefined) await this.#list();
        await this.#watch();
        if (this.#options.clock.monotonicMs() - since >= SHORT_MS) continue;
        await this.#delay.wait(new KubeError(200, 'the watch ended at once'), signal);
      } catch (error) {
        if (!signal.aborted) await this.#failed(error, signal);
      }
    }
  }

  async #failed(error: unknown, signal: AbortSignal): Promise<void> {
    const known = error instanceof KubeError ? error : new KubeError(500, String(error));
    if (known.status === 410) this.#version = undefined;
    else this.#tell({ ...this.#state, problem: known.message });
    await this.#delay.wait(known, signal);
  }

  async #list(): Promise<void> {
    const { api, path, onlyMetadata } = this.#options;
    const seen = new Set<string>();
    let next = '';
    let version = '';
    do {
      const query = { limit: String(PAGE), ...(next === '' ? {} : { continue: next }) };
      const accept = onlyMetadata ? { accept: ONLY_METADATA.list } : {};
      const page = accepted<ObjectList>(await api.request({ path, query, ...accept }, this.#stop.signal));
      for (const object of page.items ?? []) {
        const key = keyOf(object);
        seen.add(key);
        this.#set(key, object);
      }
      next = page.metadata?.continue ?? '';
      version = page.metadata?.resourceVersion ?? '';
    } while (next !== '');
    for (const key of this.objects.keys()) if (!seen.has(key)) this.#remove(key);
    this.#version = version;
    this.#delay.succeeded();
    this.#tell({ synced: true, problem: '' });
  }

  async #watch(): Promise<void> {
    const { api, path, onlyMetadata, random, silentMs = SILENT_MS } = this.#options;
    const [least, most] = WATCH_S;
    const query = {
      watch: '1',
      allowWatchBookmarks: 'true',
      resourceVersion: this.#version!,
      timeoutSeconds: String(Math.round(least + random() * (most - least))),
    };
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), silentMs);
    const alive = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), silentMs);
    };
    try {
      const accept = onlyMetadata ? { accept: ONLY_METADATA.watch } : {};
      const signal = AbortSignal.any([this.#stop.signal, silence.signal]);
      await api.watch({ path, query, ...accept }, (event) => this.#take(event), signal, alive);
    } catch (error) {
      if (silence.signal.aborted) throw new KubeError(0, `nothing came for ${silentMs / 1_000} s`);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #take({ type, object }: WatchEvent): void {
    if (type === 'ERROR') {
      throw new KubeError(object.code ?? 500, object.message ?? 'the watch failed', object.reason);
    }
    const version = object.metadata?.resourceVersion;
    if (version) this.#version = version;
    this.#delay.succeeded();
    if (this.#state.problem !== '') this.#tell({ ...this.#state, problem: '' });
    if (type === 'BOOKMARK') return;
    const key = keyOf(object);
    if (type === 'DELETED') this.#remove(key);
    else this.#set(key, object);
  }

  #set(key: string, object: KubeObject): void {
    const now = this.#options.project(object);
    if (now === undefined) {
      this.#remove(key);
      return;
    }
    const before = this.objects.get(key);
    this.objects.set(key, now);
    this.#options.onChange(key, now, before);
  }

  #remove(key: string): void {
    const before = this.objects.get(key);
    if (before === undefined) return;
    this.objects.delete(key);
    this.#options.onChange(key, undefined, before);
  }

  #tell(state: ReflectorState): void {
    if (state.synced === this.#state.synced && state.problem === this.#state.problem) return;
    this.#state = state;
    this.#options.onState?.(state);
  }
}

interface ObjectList extends KubeObject {
  readonly items?: readonly KubeObject[];
  readonly metadata?: KubeObject['metadata'] & { readonly continue?: string };
}

/** `namespace/name`; an object that replaced another of the same name is told as a change of it. */
function keyOf({ metadata }: KubeObject): string {
  return `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;
}
