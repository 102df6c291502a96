import type { Owner } from './kube-pod.js';

/** A workload as people call it. */
export interface Workload {
  readonly name: string;
  readonly kind: string;
}

/** What stands between a pod and what somebody wrote, and is itself made by a controller. */
const BETWEEN = ['ReplicaSet', 'Job'];
/** Longer chains are nobody's. */
const MOST = 4;

/**
 * The workload of a pod by its chain of owners: the ReplicaSet's Deployment (or whatever else owns it), the Job's
 * CronJob; any other controller itself, custom ones too; a bare pod is its own.
 * @param ownerOf the owner of a ReplicaSet or Job by its uid; undefined while that is not known
 */
export function workloadOf(
  pod: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly owner: Owner | undefined;
  },
  ownerOf: (uid: string) => Owner | undefined,
): Workload {
  if (!pod.owner) return { name: pod.name, kind: 'Pod' };
  let owner = pod.owner;
  for (let i = 0; i < MOST && BETWEEN.includes(owner.kind); i++) {
    const next = ownerOf(owner.uid);
    if (!next) break;
    owner = next;
  }
  if (owner.kind === 'ReplicaSet') return guessed(owner, pod.labels['pod-template-hash']);
  return { name: owner.name, kind: owner.kind };
}

/** A Deployment's ReplicaSets are named after it and the hash that their pods carry. */
function guessed(owner: Owner, hash: string | undefined): Workload {
  const end = `-${hash}`;
  if (!hash || !owner.name.endsWith(end)) return { name: owner.name, kind: owner.kind };
  return { name: owner.name.slice(0, -end.length), kind: 'Deployment' };
}
