import type { Pod } from '@snoopy/proto';
import { type AddressKey, textKey } from './address-key.js';
import type { ClusterPod } from './cluster-pod.js';
import type { PodEntry } from './pod-entry.js';

/** A pod as its node's agent sees it. */
export interface AgentPod {
  readonly node: string;
  /** The agent's token says that it is on that node. */
  readonly bound: boolean;
  readonly pod: Pick<
    Pod,
    'uid' | 'namespace' | 'name' | 'labels' | 'ips' | 'hostNetwork' | 'state' | 'createdUs'
  >;
}

/** An address that a pod has in a network; '' is the cluster's own. */
export interface HeldAddress {
  readonly key: AddressKey;
  /** The key without the network. */
  readonly plain: AddressKey;
  readonly network: string;
}

/** Everything that was told of one pod. */
export interface PodRecord {
  entry: PodEntry;
  agent: AgentPod | undefined;
  cluster: ClusterPod | undefined;
  held: readonly HeldAddress[];
}

/** The entry that follows from what was told; Kubernetes knows better, the agent alone knows whether it is watched. */
export function compose(record: PodRecord): Omit<PodEntry, 'id'> {
  const { cluster, entry } = record;
  const agent = believed(record);
  const ips = [...new Set([...(cluster?.ips ?? []), ...(agent?.pod.ips ?? [])])];
  const watched = agent?.pod.state === 'WATCH_STATE_WATCHED';
  const onNode = isOnNode({ agent, cluster }) ? { hostNetwork: true } : {};
  if (cluster) {
    const { uid, namespace, name, labels, workload, workloadKind, services, zone } = cluster;
    const node = agent?.node ?? cluster.node;
    return {
      uid,
      namespace,
      name,
      labels,
      ips,
      node,
      workload,
      watched,
      workloadKind,
      services,
      zone,
      ...onNode,
    };
  }
  if (!agent) {
    const { id: _, ...last } = entry;
    return last;
  }
  const { uid, namespace, name, labels } = agent.pod;
  const workload = labels['app.kubernetes.io/name'] || labels.app || name;
  return { uid, namespace, name, labels, ips, node: agent.node, workload, watched, ...onNode };
}

/** What an agent says of its pod; nothing, when Kubernetes has it on another node than the agent's token. */
function believed({ agent, cluster }: PodRecord): AgentPod | undefined {
  const elsewhere = agent?.bound && cluster?.node && cluster.node !== agent.node;
  return elsewhere ? undefined : agent;
}

function isOnNode({ agent, cluster }: Pick<PodRecord, 'agent' | 'cluster'>): boolean {
  return cluster?.hostNetwork ?? agent?.pod.hostNetwork ?? false;
}

/** The addresses that are the pod's own. */
export function heldAddresses(record: PodRecord, ips: readonly string[]): HeldAddress[] {
  const { cluster } = record;
  const agent = believed(record);
  if (isOnNode({ agent, cluster })) return [];
  if (cluster?.ended) return [];
  const held = new Map<AddressKey, HeldAddress>();
  const add = (network: string, addresses: readonly string[]): void => {
    for (const ip of addresses) {
      const key = textKey(ip, network);
      const plain = textKey(ip);
      if (key !== undefined && plain !== undefined) held.set(key, { key, plain, network });
    }
  };
  const secondary = new Set((cluster?.networks ?? []).flatMap((network) => network.ips));
  add(
    '',
    ips.filter((ip) => !secondary.has(ip)),
  );
  for (const { name, ips: addresses } of cluster?.networks ?? []) add(name, addresses);
  return [...held.values()];
}
