import type { Clock, GetStatusRequest, GetStatusResponseMessage } from '@snoopy/proto';
import type { Agents } from '../ingest/agents.js';
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
}

/** Answers GetStatus. */
export class Status {
  readonly #startMs: number;

  constructor(readonly sources: StatusSources) {
    this.#startMs = sources.clock.monotonicMs();
  }

  /** Throws SnoopyError BAD_INPUT for a filter that cannot be read. */
  get(request: GetStatusRequest): GetStatusResponseMessage {
    const { version, instance, agents, ledger, fanOut, clock, connections } = this.sources;
    compileFilters(request.include, []);
    const statuses = agents.statuses();
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
      lost: ledger.totals(),
      hints: hints({ statuses, pods: [...agents.pods()], flows: ring.position(), include: request.include }),
      flowsKept: kept,
      ...(kept > 0 ? { oldestFlow: timestamp(oldest) } : {}),
    };
  }
}
