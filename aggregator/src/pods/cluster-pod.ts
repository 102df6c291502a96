/** A pod as Kubernetes knows it, its owners, Services and node looked up. */
export interface ClusterPod {
  /** As the container runtime knows it; for a static pod that is not the API's. */
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Empty before it is scheduled. */
  readonly node: string;
  readonly zone: string;
  readonly ips: readonly string[];
  /** Addresses in secondary networks (Multus), by the networks' names. */
  readonly networks: readonly { readonly name: string; readonly ips: readonly string[] }[];
  /** It has the node's addresses, which are not its own. */
  readonly hostNetwork: boolean;
  /** All of its containers have ended for good: its addresses may be another's. */
  readonly ended: boolean;
  /** When it was told to end, or ended; it may lose its addresses from then on. Milliseconds since 1970; 0: not yet. */
  readonly leavingMs: number;
  /** When a container of it had started, so that it surely had its addresses; 0: unknown. */
  readonly sinceMs: number;
  readonly workload: string;
  readonly workloadKind: string;
  /** In order. */
  readonly services: readonly string[];
}
