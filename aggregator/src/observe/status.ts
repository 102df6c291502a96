import type {
  AgentStatusMessage,
  Clock,
  GetStatusRequest,
  GetStatusResponseMessage,
  LossMessage,
} from '@snoopy/proto';
import type { Scope } from '../access/scope.js';
import type { Agents } from '../ingest/agents.js';
import { VisibleAgents } from '../ingest/visible-agents.js';
import type { LossLedger } from '../loss/loss-ledger.js';
import type { FanOut } from './fan-out.js';
import { compileFilters } from './filter/flow-filter.js';
import { hints } from './hints.js';
import { Entry } from './ring-entry.js';
import { timestamp } from './timestamp.js';

export interface StatusSources {
  readonly version: string;
  /** New at each start. */
  readonly instance: string;
  readonly agents: Agents;
  readonly ledger: LossLedger;
  readonly fanOut: FanOut;
  readonly clock: Clock;
  /** Live in the merge. */
  readonly connections: () => number;
  /** What of the Kubernetes API cannot be followed now. */
  readonly kubernetesProblems?: () => readonly string[];
}

/** Pods in one answer, so that it stays below gRPC's usual 4 MiB. */
const MOST_PODS = 5_000;

/** Answers GetStatus. */
export class Status {
  readonly #startMs: number;

  constructor(readonly sources: StatusSources) {
    this.#startMs = sources.clock.monotonicMs();
  }

  /** Throws SnoopyError BAD_INPUT for a filter that cannot be read. @param scope what the caller may see */
  get(request: GetStatusRequest, scope: Scope): GetStatusResponseMessage {
    const { version, instance, ledger, fanOut, clock, connections } = this.sources;
    const agents = new VisibleAgents(this.sources.agents, scope, true);
    compileFilters(request.include, []);
    const all = agents.statuses();
    const { statuses, leftOut } = withinBounds(all);
    const { ring } = fanOut;
    const kept = ring.position() - ring.oldest();
    const oldest = ring.doubles[ring.slotOf(ring.oldest()) * Entry.doubles + Entry.time]!;
    return {
      version,
      instance,
      uptimeSeconds: (clock.monotonicMs() - this.#startMs) / 1_000,
      agents: statuses,
      flowsPerSecond: fanOut.flowsPerSecond(),
      connections: connections(),
      subscribers: fanOut.subscribers,
      lost: scope.all ? ledger.totals() : withoutNodes(ledger.totals()),
      hints: [
        ...hints({
          statuses: all,
          pods: [...agents.pods()],
          flows: ring.position(),
          include: request.include,
        }),
        ...kubernetesHint(this.sources.kubernetesProblems?.() ?? []),
        ...(leftOut > 0 ? [`${leftOut} pods are left out of this answer: it would be too large.`] : []),
      ],
      flowsKept: kept,
      ...(kept > 0 ? { oldestFlow: timestamp(oldest) } : {}),
    };
  }
}

/** One sentence for everything: mostly the API server is away as a whole. */
function kubernetesHint(problems: readonly string[]): string[] {
  const [first] = problems;
  if (first === undefined) return [];
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return [`The Kubernetes API is not followed at the moment, so that names may be old: ${first}${more}.`];
}

/** Of a stage and reason on all nodes together. */
function withoutNodes(losses: readonly LossMessage[]): LossMessage[] {
  const sums = new Map<string, LossMessage>();
  for (const { stage, reason, unit, count } of losses) {
    const key = JSON.stringify([stage, reason, unit]);
    const before = Number(sums.get(key)?.count ?? 0);
    sums.set(key, { node: '', stage, reason, unit, count: before + Number(count) } as LossMessage);
  }
  return [...sums.values()];
}

/** Leaves out pods of which there is nothing to say, when there are too many. */
function withinBounds(all: readonly AgentStatusMessage[]): {
  statuses: AgentStatusMessage[];
  leftOut: number;
} {
  let room = MOST_PODS;
  let leftOut = 0;
  const statuses = all.map((status) => {
    const pods = status.pods ?? [];
    if (pods.length <= room) {
      room -= pods.length;
      return status;
    }
    const telling = pods.filter((pod) => pod.state !== 'WATCH_STATE_WATCHED').slice(0, room);
    room -= telling.length;
    leftOut += pods.length - telling.length;
    return { ...status, pods: telling };
  });
  return { statuses, leftOut };
}
