/**
 * What stands at an end of a connection: a pod, or what is known of an address that is no pod's. Of a pod, what an
 * agent reported, completed by Kubernetes. Immutable; a change makes a new entry with the same id.
 */
export interface PodEntry {
  /** Small integer, stable for the uid while the aggregator runs; never reused. */
  readonly id: number;
  /** Absent: a pod. Others have no uid, no name and no node; `workload` says what they are. */
  readonly kind?: PlaceKind;
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ips: readonly string[];
  readonly node: string;
  /**
   * The pod's owner; without Kubernetes the label app.kubernetes.io/name, else app, else the pod's name. Of others
   * `service/NAME`, `node/NAME` or the DNS name.
   */
  readonly workload: string;
  /** An agent watches it, so that its view of a connection is to be expected. */
  readonly watched: boolean;
  /** Deployment, StatefulSet, CronJob …; empty or absent: unknown. */
  readonly workloadKind?: string;
  /** Names of the Services that it is an endpoint of, in order; of a Service its own. */
  readonly services?: readonly string[];
  /** Of the node. */
  readonly zone?: string;
  /** It is on its node's network: its packets are everybody's there. */
  readonly hostNetwork?: boolean;
}

/** A Service by one of its addresses, a node by one of its own, an outside address by the name that the other end asked for. */
export type PlaceKind = 'service' | 'node' | 'name';
