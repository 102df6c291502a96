import type { AgentStatusMessage } from '@snoopy/proto';
import type { Agents } from '../../src/ingest/agents.js';
import type { PodEntry } from '../../src/pods/pod-entry.js';

/** Agents that only have something to say. */
export function makeAgents(statuses: AgentStatusMessage[] = [], pods: PodEntry[] = []): Agents {
  return {
    statuses: () => statuses,
    pods: () => pods,
    start: () => false,
    stop: () => undefined,
    forget: () => undefined,
    clockOffsetUs: () => 0,
  };
}
