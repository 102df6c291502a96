import { Cluster } from '../../src/kubernetes/cluster.js';
import type { KubeObject } from '../../src/kubernetes/kube-api.js';
import { kubePod } from '../../src/kubernetes/kube-pod.js';
import { PodIndex } from '../../src/pods/pod-index.js';
import { HandClock } from '../fakes/hand-clock.js';

/** A day in 2026, milliseconds. */
export const DAY_MS = Date.UTC(2026, 8, 1);

/** What the API says of a pod, short. Times are seconds after DAY_MS. */
export interface PodSpec {
  uid?: string;
  namespace?: string;
  labels?: Record<string, string>;
  node?: string;
  ip?: string;
  owner?: [kind: string, name: string, uid?: string];
  hostNetwork?: boolean;
  phase?: string;
  annotations?: Record<string, string>;
  startedS?: number;
  finishedS?: number;
  /** When it was deleted, with 30 s of grace. */
  deletedS?: number;
}

const time = (seconds: number): string => new Date(DAY_MS + seconds * 1_000).toISOString();

export function apiPod(name: string, spec: PodSpec = {}): KubeObject {
  const { uid = `uid-${name}`, namespace = 'shop', owner, startedS, finishedS, deletedS } = spec;
  const state = {
    ...(startedS === undefined || finishedS !== undefined ? {} : { running: { startedAt: time(startedS) } }),
    ...(finishedS === undefined
      ? {}
      : { terminated: { startedAt: time(startedS ?? 0), finishedAt: time(finishedS) } }),
  };
  const object = {
    metadata: {
      name,
      namespace,
      uid,
      labels: spec.labels ?? {},
      annotations: spec.annotations ?? {},
      ...(owner
        ? {
            ownerReferences: [
              {
                apiVersion: 'apps/v1',
                kind: owner[0],
                name: owner[1],
                uid: owner[2] ?? `uid-${owner[1]}`,
                controller: true,
              },
            ],
          }
        : {}),
      ...(deletedS === undefined
        ? {}
        : { deletionTimestamp: time(deletedS + 30), deletionGracePeriodSeconds: 30 }),
    },
    spec: { nodeName: spec.node ?? 'node-a', hostNetwork: spec.hostNetwork ?? false },
    status: {
      phase: spec.phase ?? 'Running',
      ...(spec.ip ? { podIP: spec.ip, podIPs: [{ ip: spec.ip }] } : {}),
      ...(startedS === undefined ? {} : { containerStatuses: [{ state }] }),
    },
  };
  return object;
}

/** A cluster that says what a test lets it, and the index that it fills. The hand clock's zero is DAY_MS. */
export class ClusterWorld {
  readonly clock = new HandClock(0);
  readonly index = new PodIndex();
  readonly cluster = new Cluster(this.index, this.clock);
  readonly #pods = new Map<string, ReturnType<typeof kubePod>>();

  constructor() {
    this.index.syncClocks(this.clock.monotonicMs(), DAY_MS * 1_000);
  }

  pod(name: string, spec: PodSpec = {}): void {
    const key = `${spec.namespace ?? 'shop'}/${name}`;
    const now = kubePod(apiPod(name, spec));
    this.cluster.setPod(now, this.#pods.get(key));
    this.#pods.set(key, now);
  }

  gone(name: string, namespace = 'shop'): void {
    const key = `${namespace}/${name}`;
    this.cluster.setPod(undefined, this.#pods.get(key));
    this.#pods.delete(key);
  }

  /** What an address is called by a pod that begins a connection then. @param seconds after DAY_MS, now if absent */
  at(ip: string, seconds?: number, from = '', own = '10.9.9.9'): string | undefined {
    const words = new Int32Array(8);
    words.set(wordsOf(own), 0);
    words.set(wordsOf(ip), 4);
    const ms = DAY_MS + (seconds === undefined ? this.clock.monotonicMs() : seconds * 1_000);
    const pod = from === '' ? 0 : this.index.byUid(from)!.id + 1;
    const entry = this.index.byId(this.index.endAt(pod, words, 0, 4, ms | 0) - 1);
    return entry && (entry.kind ? entry.workload : entry.name);
  }
}

export function wordsOf(ip: string): Int32Array {
  const bytes = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...ip.split('.').map(Number));
  return new Int32Array(bytes.buffer);
}
