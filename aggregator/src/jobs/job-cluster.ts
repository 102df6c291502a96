import type { Agents } from '../ingest/agents.js';
import type { Cluster } from '../kubernetes/cluster.js';
import type { PodEntry } from '../pods/pod-entry.js';
import type { PodIndex } from '../pods/pod-index.js';
import type { JobObject } from './job-object.js';
import type { JobPolicy } from './job-policy.js';
import type { JobTargets } from './job-spec.js';
import { type FoundTarget, findTargets, type TargetFacts } from './job-targets.js';

/** Whose pods a job may reach besides those of its own namespace. */
export interface JobReach {
  readonly policy: JobPolicy;
  /** Namespaces that jobs of others may reach, whoever wrote them; `*`: all. */
  readonly namespaces: readonly string[];
}

/** Where a job comes from. */
export type JobOrigin = Pick<JobObject, 'namespace' | 'createdMs'>;

/** What a job's pods are, by the cluster and the agents. */
export class JobCluster {
  constructor(
    readonly cluster: Cluster,
    readonly index: PodIndex,
    readonly agents: Agents,
    readonly reach: JobReach,
  ) {}

  find(targets: JobTargets, { namespace, createdMs }: JobOrigin): FoundTarget[] {
    const { cluster, index, reach } = this;
    const { namespaces } = reach;
    const everywhere = namespaces.includes('*') || reach.policy.judged(createdMs);
    const facts: TargetFacts = {
      pods: cluster.pods(),
      namespaceLabels: (name) => cluster.namespaceLabels(name),
      nodeLabels: (name) => cluster.node(name)?.labels,
      workloadOf: (pod) => {
        const { workloadKind: kind = '', workload: name = '' } = index.byUid(pod.runtimeUid) ?? {};
        return { kind, name };
      },
      mayTarget: (target) => target === namespace || everywhere || namespaces.includes(target),
    };
    const connected = new Set(
      this.agents.statuses().flatMap(({ connected: is, name }) => (is && name ? [name] : [])),
    );
    return findTargets(targets, facts).map((found) => {
      if (found.skipped !== '' || connected.has(found.pod.node)) return found;
      return { ...found, skipped: `no agent is connected on ${found.pod.node}` };
    });
  }

  /** The entries of those that are taken and that their agents see: the API tells of a pod before its node has it. */
  entries(found: readonly FoundTarget[]): PodEntry[] {
    const taken = new Set(found.flatMap(({ pod, skipped }) => (skipped === '' ? [pod.runtimeUid] : [])));
    return [...this.agents.pods()].filter(({ uid }) => taken.has(uid));
  }
}
