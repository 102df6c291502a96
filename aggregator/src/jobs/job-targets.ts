import type { KubePod } from '../kubernetes/kube-pod.js';
import type { JobTargets } from './job-spec.js';

/** A pod of a job, and why it is left out if it is. */
export interface FoundTarget {
  readonly pod: KubePod;
  /** Empty: it is taken. */
  readonly skipped: string;
}

/** What must be known of the cluster to find a job's pods. */
export interface TargetFacts {
  readonly pods: Iterable<KubePod>;
  namespaceLabels(name: string): Readonly<Record<string, string>> | undefined;
  nodeLabels(name: string): Readonly<Record<string, string>> | undefined;
  workloadOf(pod: KubePod): { readonly kind: string; readonly name: string };
  /** Whether a job of that namespace may have targets there. */
  mayTarget(namespace: string): boolean;
}

/** The pods that a job is about now, by namespace and name. Pure. */
export function findTargets(targets: JobTargets, facts: TargetFacts): FoundTarget[] {
  const matching = [...facts.pods].filter((pod) => matches(targets, facts, pod)).sort(byName);
  let taken = 0;
  return matching.map((pod) => {
    let skipped = whyNot(targets, facts, pod);
    if (skipped === '' && ++taken > targets.maxTargets) {
      skipped = `more than maxTargets (${targets.maxTargets}) pods match`;
    }
    return { pod, skipped };
  });
}

function matches(targets: JobTargets, facts: TargetFacts, pod: KubePod): boolean {
  if (pod.ended) return false;
  if (!inNamespace(targets, facts, pod.namespace)) return false;
  if (!targets.selector.matches(pod.labels)) return false;
  if (targets.exclude?.matches(pod.labels)) return false;
  if (targets.podNames.length > 0 && !targets.podNames.includes(pod.name)) return false;
  const { owner } = targets;
  if (owner) {
    const workload = facts.workloadOf(pod);
    if (workload.name !== owner.name || (owner.kind !== '' && workload.kind !== owner.kind)) return false;
  }
  const nodeLabels = facts.nodeLabels(pod.node) ?? {};
  return Object.entries(targets.nodeSelector).every(([key, value]) => nodeLabels[key] === value);
}

function inNamespace(targets: JobTargets, facts: TargetFacts, namespace: string): boolean {
  if (!targets.namespaceSelector) return namespace === targets.namespace;
  return targets.namespaceSelector.matches(facts.namespaceLabels(namespace) ?? {});
}

function whyNot(targets: JobTargets, facts: TargetFacts, pod: KubePod): string {
  if (!facts.mayTarget(pod.namespace)) {
    return `this job may not reach pods in ${pod.namespace}: no admission policy was in force when it was made, and --job-namespaces does not name it`;
  }
  if (pod.hostNetwork && !targets.hostNetwork)
    return 'it is on the node’s network: set targets.hostNetwork to take it';
  if (pod.node === '') return 'it is not on a node yet';
  return '';
}

function byName(a: KubePod, b: KubePod): number {
  const left = `${a.namespace}/${a.name}`;
  const right = `${b.namespace}/${b.name}`;
  return left < right ? -1 : left > right ? 1 : 0;
}
