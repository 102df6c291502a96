import type { Clock, Log } from '@snoopy/proto';
import type { AgentSession } from '../ingest/agent-session.js';
import type { PodIndex } from '../pods/pod-index.js';
import { Cluster } from './cluster.js';
import type { KubeApi, KubeObject } from './kube-api.js';
import { kubeEndpoints, kubeNode, kubeService } from './kube-places.js';
import { controllerOf, kubePod, type Owner } from './kube-pod.js';
import { Reflector, type ReflectorOptions } from './reflector.js';
import { Selections } from './selections.js';

/** A changed label is with its agent within 2 s, most of which is the API server's. */
const TICK_MS = 100;

export interface KubernetesOptions {
  readonly api: KubeApi;
  readonly index: PodIndex;
  readonly sessions: () => Iterable<AgentSession>;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
}

/** What the aggregator knows from the Kubernetes API: names for the index of pods, selections for agents. */
export class Kubernetes {
  readonly cluster: Cluster;
  readonly selections: Selections;
  readonly #options: KubernetesOptions;
  readonly #reflectors = new Map<string, Reflector<unknown>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: KubernetesOptions) {
    this.#options = options;
    const cluster = new Cluster(options.index, options.clock);
    this.cluster = cluster;
    this.selections = new Selections(cluster, options.sessions);
    this.#reflect('/api/v1/namespaces', true, labelsOf, (key, now) =>
      cluster.setNamespace(key.slice(1), now),
    );
    this.#reflect('/api/v1/nodes', false, kubeNode, (_, now, before) => cluster.setNode(now, before));
    this.#reflect('/api/v1/services', false, kubeService, (_, now, before) =>
      cluster.setService(now, before),
    );
    const owners = (_: string, now: Owned | undefined, before: Owned | undefined): void => {
      if (before && before.uid !== now?.uid) cluster.setOwner(before.uid, undefined);
      if (now) cluster.setOwner(now.uid, now.owner);
    };
    this.#reflect('/apis/apps/v1/replicasets', true, owned, owners);
    this.#reflect('/apis/batch/v1/jobs', true, owned, owners);
    this.#reflect('/apis/discovery.k8s.io/v1/endpointslices', false, kubeEndpoints, (_, now, before) =>
      cluster.setEndpoints(now, before),
    );
    this.#reflect('/api/v1/pods', false, kubePod, (_, now, before) => cluster.setPod(now, before));
  }

  start(): void {
    for (const reflector of this.#reflectors.values()) reflector.start();
    this.#timer ??= setInterval(() => this.selections.tick(), TICK_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([...this.#reflectors.values()].map((reflector) => reflector.stop()));
  }

  /** Whether everything was read once, so that what is not known is not there. */
  get synced(): boolean {
    return [...this.#reflectors.values()].every(({ state }) => state.synced);
  }

  /** What of the API is not followed now, a sentence each. */
  problems(): string[] {
    const all = [...this.#reflectors].filter(([, { state }]) => state.problem !== '');
    return all.map(([path, { state }]) => `${path.split('/').at(-1)}: ${state.problem}`);
  }

  #reflect<T>(
    path: string,
    onlyMetadata: boolean,
    project: (object: KubeObject) => T | undefined,
    onChange: ReflectorOptions<T>['onChange'],
  ): void {
    const { api, clock, random, log } = this.#options;
    const onState: ReflectorOptions<T>['onState'] = ({ synced, problem }) => {
      if (path === '/api/v1/pods' && synced) this.selections.ready = true;
      if (problem === '') log.info({ path }, 'Kubernetes: following');
      else log.warn({ path, problem }, 'Kubernetes: not following; names stay as they were');
    };
    const reflector = new Reflector({
      api,
      clock,
      random,
      path,
      onlyMetadata,
      project,
      onChange,
      onState,
    });
    this.#reflectors.set(path, reflector as Reflector<unknown>);
  }
}

interface Owned {
  readonly uid: string;
  readonly owner: Owner;
}

/** Of a ReplicaSet or Job only that it belongs to something matters. */
function owned({ metadata }: KubeObject): Owned | undefined {
  const owner = controllerOf(metadata?.ownerReferences);
  return owner && metadata?.uid ? { uid: metadata.uid, owner } : undefined;
}

function labelsOf({ metadata }: KubeObject): Readonly<Record<string, string>> {
  return metadata?.labels ?? {};
}
