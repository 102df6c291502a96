import type { PodEntry } from '../pods/pod-entry.js';
import { label } from './label-text.js';

/** One end of a connection, as labels. */
export interface Workload {
  readonly id: number;
  /** `src_namespace="…",src_workload="…"` */
  readonly asSource: string;
  readonly asDestination: string;
}

/** Workloads and what else can be an end. Beyond so many, the rest is `other`. */
const MOST_WORKLOADS = 65_000;

/**
 * Numbers workloads. Two that look the same on the page are one: hostile names must not make the same series
 * twice, which would spoil the whole page.
 */
export class Workloads {
  readonly #byText = new Map<string, Workload>();
  #byPod = new WeakMap<PodEntry, Workload>();
  /** Numbers that were given back. */
  readonly #free: number[] = [];
  /** What had no room. */
  readonly other = this.#add('other', 'other');
  /** Who is no pod that we know. */
  readonly world = this.#add('', 'world');

  of(pod: PodEntry | undefined): Workload {
    if (!pod) return this.world;
    const known = this.#byPod.get(pod);
    if (known) return known;
    const workload = this.#add(pod.namespace, pod.workload);
    this.#byPod.set(pod, workload);
    return workload;
  }

  /** Forgets all but these. Returns the numbers that are free now. */
  keep(ids: ReadonlySet<number>): number[] {
    const freed: number[] = [];
    for (const [text, { id }] of this.#byText) {
      if (id === this.other.id || id === this.world.id || ids.has(id)) continue;
      this.#byText.delete(text);
      freed.push(id);
    }
    this.#free.push(...freed);
    this.#byPod = new WeakMap();
    return freed;
  }

  #add(namespace: string, name: string): Workload {
    const asSource = `${label('src_namespace', namespace)},${label('src_workload', name)}`;
    const known = this.#byText.get(asSource);
    if (known) return known;
    const id = this.#free.pop() ?? this.#byText.size;
    if (id >= MOST_WORKLOADS) return this.other;
    const asDestination = `${label('dst_namespace', namespace)},${label('dst_workload', name)}`;
    const workload = { id, asSource, asDestination };
    this.#byText.set(asSource, workload);
    return workload;
  }
}
