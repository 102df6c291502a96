import type { FlowColumns, PodRef, PodsReport } from '@snoopy/proto';
import type { AgentSession } from './agent-session.js';

/** Port: where Kubernetes has a pod; undefined: it knows no such pod, or not yet. */
export interface PodNodes {
  nodeOf(pod: PodRef): string | undefined;
}

/** More runs of an agent's own rows in one batch are not worth the work. */
const MOST_RUNS = 64;

/** A part of a batch: rows from `from` to before `to`. */
export interface Run {
  readonly from: number;
  readonly to: number;
}

function isForeign(session: AgentSession, pod: PodRef, nodes: PodNodes): boolean {
  const node = session.bound ? nodes.nodeOf(pod) : undefined;
  return node !== undefined && node !== session.agent;
}

/**
 * The rows of a batch that are the agent's to tell: those of its own node's pods. Undefined: all of them, as of every
 * agent that is what it should be.
 */
export function ownRuns(
  session: AgentSession,
  columns: FlowColumns,
  from: number,
  nodes: PodNodes,
): Run[] | undefined {
  const foreign = columns.pods.map((pod) => isForeign(session, pod, nodes));
  if (!foreign.includes(true)) return undefined;
  const runs: Run[] = [];
  for (let row = from; row < columns.rows; row++) {
    if (foreign[columns.pod[row]!]) continue;
    const last = runs.at(-1);
    if (last?.to === row) runs[runs.length - 1] = { from: last.from, to: row + 1 };
    else runs.push({ from: row, to: row + 1 });
  }
  return runs.length > MOST_RUNS ? [] : runs;
}

/** A report without the pods that are on other nodes. */
export function ownPods(session: AgentSession, report: PodsReport, nodes: PodNodes): PodsReport {
  if (!session.bound) return report;
  return { ...report, pods: report.pods.filter((pod) => !isForeign(session, pod, nodes)) };
}
