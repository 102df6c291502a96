/** One container of a pod, as the runtime lists it. */
export interface ContainerInfo {
  readonly id: string;
  readonly name: string;
  readonly running: boolean;
}

/** A pod on this node. Everything in it was written by others: print it through `printable`. */
export interface PodInfo {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** As the source knows them; the CRI gives those at the sandbox's creation. */
  readonly labels: Readonly<Record<string, string>>;
  readonly ips: readonly string[];
  /** It has no network of its own: it shares the node's. */
  readonly hostNetwork: boolean;
  /** Changes when the pod gets a new sandbox or namespace under the same uid: what was resolved before is void. */
  readonly sandboxId: string;
  /** The sandbox runs, so the pod has a network that can be entered. */
  readonly ready: boolean;
  /** Why it is not ready, one sentence; absent when it is. */
  readonly problem?: string;
  readonly containers: readonly ContainerInfo[];
  /** When it got its network, microseconds since 1970; absent: unknown. */
  readonly createdUs?: number;
  /** File of its network namespace, without links, where the source knows one and tells of such files. */
  readonly networkPath?: string;
}

/** How a source is doing. While `ok` is false the last good list stays. */
export interface SourceState {
  readonly ok: boolean;
  /** Where the pods come from, for people: `cri:/run/containerd/containerd.sock (containerd 1.6.20)`. */
  readonly source: string;
  /** One sentence; says what to do when not ok. */
  readonly message: string;
}

/** Where a pod's network namespace can be found, asked for at this moment. */
export interface PodNetwork {
  readonly sandboxId: string;
  readonly ready: boolean;
  readonly hostNetwork: boolean;
  /** Path of the namespace as the runtime gives it. */
  readonly path?: string;
  readonly sandboxPid?: number;
  /** Running containers, by process id. */
  readonly containers: readonly { readonly id: string; readonly name: string; readonly pid: number }[];
}

/** Port: the pods of this node. */
export interface PodSource {
  /**
   * Calls `onPods` with the whole list at once when it is known and again at each change, `onState` at each change of
   * state. Never throws; errors are states. Returns what ends the watch.
   */
  watch(onPods: (pods: readonly PodInfo[]) => void, onState?: (state: SourceState) => void): () => void;
  /** The list now. Throws SnoopyError when the source cannot be read. */
  list(): Promise<readonly PodInfo[]>;
  /** Where the pod's network is now; undefined when there is no such pod. Throws SnoopyError. */
  locate(uid: string): Promise<PodNetwork | undefined>;
  /**
   * Tells of network namespaces as they are made and deleted, before their pods are known; of all of the node. Where the
   * source cannot, there is no such method. Returns what ends it.
   */
  namespaces?(events: NamespaceEvents): () => void;
  close(): void;
}

/** What happens to network namespaces, by the path of their files. */
export interface NamespaceEvents {
  appeared(path: string): void;
  gone(path: string): void;
}
