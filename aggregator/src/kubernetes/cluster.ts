import type { Clock } from '@snoopy/proto';
import { placeEntry } from '../pods/entry-table.js';
import type { PodIndex } from '../pods/pod-index.js';
import type { KubeEndpoints, KubeNode, KubeService } from './kube-places.js';
import type { KubePod, Owner } from './kube-pod.js';
import { workloadOf } from './owners.js';
import { UidSets } from './uid-sets.js';

/**
 * Puts together what the API tells in pieces, in whatever order they come, and tells the index of pods: a pod's
 * workload by its owners, its Services by their endpoints, its zone by its node.
 */
export class Cluster {
  readonly #pods = new Map<string, KubePod>();
  readonly #owners = new Map<string, Owner>();
  readonly #namespaces = new Map<string, Readonly<Record<string, string>>>();
  readonly #nodes = new Map<string, KubeNode>();
  /** Uids of pods by what a change of which changes them. */
  readonly #byOwner = new UidSets();
  readonly #byNode = new UidSets();
  /** Services of a pod by its uid: how many slices say so. */
  readonly #services = new Map<string, Map<string, number>>();
  /** Told of every node whose pods, or their labels, changed. */
  onNodeChanged: (node: string) => void = () => {};

  constructor(
    readonly index: PodIndex,
    readonly clock: Clock,
  ) {}

  /** Pods of a node. */
  *podsOn(node: string): Iterable<KubePod> {
    for (const uid of this.#byNode.get(node)) yield this.#pods.get(uid)!;
  }

  pods(): Iterable<KubePod> {
    return this.#pods.values();
  }

  /** By the API's uid. */
  pod(uid: string): KubePod | undefined {
    return this.#pods.get(uid);
  }

  node(name: string): KubeNode | undefined {
    return this.#nodes.get(name);
  }

  /** Labels of a namespace, undefined: there is none, as far as is known. */
  namespaceLabels(name: string): Readonly<Record<string, string>> | undefined {
    return this.#namespaces.get(name);
  }

  setPod(now: KubePod | undefined, before: KubePod | undefined): void {
    if (before && before.uid !== now?.uid) this.#dropPod(before);
    if (!now) return;
    const same = before?.uid === now.uid ? before : undefined;
    this.#pods.set(now.uid, now);
    this.#byOwner.move(now.uid, same?.owner?.uid, now.owner?.uid);
    this.#byNode.move(now.uid, same?.node, now.node);
    this.#refresh(now);
    this.onNodeChanged(now.node);
  }

  /** The owner of a ReplicaSet or Job. */
  setOwner(uid: string, owner: Owner | undefined): void {
    if (owner) this.#owners.set(uid, owner);
    else this.#owners.delete(uid);
    if (owner) this.#refreshAll(this.#byOwner.get(uid));
  }

  setNamespace(name: string, labels: Readonly<Record<string, string>> | undefined): void {
    if (labels) this.#namespaces.set(name, labels);
    else this.#namespaces.delete(name);
  }

  setService(now: KubeService | undefined, before: KubeService | undefined): void {
    const { namespace, name } = (now ?? before)!;
    const key = `service/${namespace}/${name}`;
    if (!now || now.ips.length === 0) {
      this.index.places.remove(key);
      return;
    }
    const workload = `service/${name}`;
    const entry = placeEntry({
      kind: 'service',
      namespace,
      workload,
      workloadKind: 'Service',
      services: [name],
    });
    this.index.places.set(key, entry, now.ips);
  }

  setEndpoints(now: KubeEndpoints | undefined, before: KubeEndpoints | undefined): void {
    const gone = new Set(before?.podUids ?? []);
    const come = new Set(now?.podUids ?? []);
    const sameService = now?.service === before?.service;
    for (const uid of gone) if (!(sameService && come.has(uid))) this.#count(uid, before!.service, -1);
    for (const uid of come) if (!(sameService && gone.has(uid))) this.#count(uid, now!.service, 1);
  }

  setNode(now: KubeNode | undefined, before: KubeNode | undefined): void {
    const { name } = (now ?? before)!;
    const key = `node/${name}`;
    if (now) this.#nodes.set(name, now);
    else this.#nodes.delete(name);
    if (now) {
      const { zone, ips } = now;
      const entry = placeEntry({ kind: 'node', workload: key, workloadKind: 'Node', node: name, zone });
      this.index.places.set(key, entry, ips);
    } else this.index.places.remove(key);
    if (now?.zone !== before?.zone) this.#refreshAll(this.#byNode.get(name));
  }

  #dropPod(pod: KubePod): void {
    this.#pods.delete(pod.uid);
    this.#byOwner.move(pod.uid, pod.owner?.uid, undefined);
    this.#byNode.move(pod.uid, pod.node, undefined);
    this.index.dropCluster(pod.runtimeUid, this.clock.monotonicMs());
    this.onNodeChanged(pod.node);
  }

  #count(uid: string, service: string, change: number): void {
    const counts = this.#services.get(uid) ?? new Map<string, number>();
    const count = (counts.get(service) ?? 0) + change;
    if (count > 0) counts.set(service, count);
    else counts.delete(service);
    if (counts.size > 0) this.#services.set(uid, counts);
    else this.#services.delete(uid);
    this.#refreshAll([uid]);
  }

  #refreshAll(uids: Iterable<string>): void {
    for (const uid of uids) {
      const pod = this.#pods.get(uid);
      if (pod) this.#refresh(pod);
    }
  }

  #refresh(pod: KubePod): void {
    const { owner: _, uid, runtimeUid, ...rest } = pod;
    const { name, kind } = workloadOf(pod, (one) => this.#owners.get(one));
    this.index.setCluster(
      {
        ...rest,
        uid: runtimeUid,
        zone: this.#nodes.get(pod.node)?.zone ?? '',
        workload: name,
        workloadKind: kind,
        services: [...(this.#services.get(uid)?.keys() ?? [])].sort(),
      },
      this.clock.monotonicMs(),
    );
  }
}
