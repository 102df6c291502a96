import type { Agents } from '../ingest/agents.js';
import type { Cluster } from '../kubernetes/cluster.js';
import type { PodEntry } from '../pods/pod-entry.js';
import type { PodIndex } from '../pods/pod-index.js';
import type { JobTargets } from './job-spec.js';
import { type FoundTarget, findTargets, type TargetFacts } from './job-targets.js';

/** Which namespaces' pods the jobs of other namespaces may reach: `*` all (somebody else has judged who may write them). */
export type JobNamespaces = readonly string[];

/** What a job's pods are, by the cluster and the agents. */
export class JobCluster {
  constructor(
    readonly cluster: Cluster,
    readonly index: PodIndex,
    readonly agents: Agents,
    readonly namespaces: JobNamespaces,
  ) {}

  /** @param namespace of the job */
  find(targets: JobTargets, namespace: string): FoundTarget[] {
    const { cluster, index, namespaces } = this;
    const facts: TargetFacts = {
      pods: cluster.pods(),
      namespaceLabels: (name) => cluster.namespaceLabels(name),
      nodeLabels: (name) => cluster.node(name)?.labels,
      workloadOf: (pod) => {
        const { workloadKind: kind = '', workload: name = '' } = index.byUid(pod.runtimeUid) ?? {};
        return { kind, name };
      },
      mayTarget: (target) => target === namespace || namespaces.includes('*') || namespaces.includes(target),
    };
    const connected = new Set(
      this.agents.statuses().flatMap(({ connected: is, name }) => (is && name ? [name] : [])),
    );
    return findTargets(targets, facts).map((found) => {
      if (found.skipped !== '' || connected.has(found.pod.node)) return found;
      return { ...found, skipped: `no agent is connected on ${found.pod.node}` };
    });
  }

  /** The entries of those that are taken and that their agents see. */
  entries(found: readonly FoundTarget[]): PodEntry[] {
    const entries: PodEntry[] = [];
    for (const { pod, skipped } of found) {
      const entry = skipped === '' ? this.index.byUid(pod.runtimeUid) : undefined;
      if (entry) entries.push(entry);
    }
    return entries;
  }
}
