/** A pod as the aggregator knows it: what an agent reported, later completed by Kubernetes. Immutable; a change makes a new entry with the same id. */
export interface PodEntry {
  /** Small integer, stable for the uid while the aggregator runs; never reused. */
  readonly id: number;
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ips: readonly string[];
  readonly node: string;
  /** The pod's owner; without Kubernetes the label app.kubernetes.io/name, else app, else the pod's name. */
  readonly workload: string;
  /** An agent watches it, so that its view of a connection is to be expected. */
  readonly watched: boolean;
}
