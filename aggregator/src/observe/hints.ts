import { type AgentStatusMessage, type FlowFilter, type PodMessage, printable } from '@snoopy/proto';
import type { PodEntry } from '../pods/pod-entry.js';
import { podMatcher } from './filter/pod-matcher.js';

export interface HintFacts {
  readonly statuses: readonly AgentStatusMessage[];
  readonly pods: readonly PodEntry[];
  /** Flows since the start. */
  readonly flows: number;
  /** What the caller looks at; none: everything. */
  readonly include: readonly FlowFilter[];
}

/** Names in one sentence. */
const MOST_NAMES = 5;

/** Why a view is empty, or not complete, and what to do: sentences, the most telling first; none when all is well. */
export function hints(facts: HintFacts): string[] {
  const connected = facts.statuses.filter((status) => status.connected);
  if (connected.length === 0) return [noAgent(facts.statuses)];
  const pods = connected.flatMap((status) => status.pods ?? []);
  if (pods.length === 0) {
    return [
      `${count(connected.length, 'agent')} connected, but none sees a pod: check what their --pods points to.`,
    ];
  }
  const watched = pods.filter((pod) => pod.state === 'WATCH_STATE_WATCHED');
  const found = [
    ...(pods.some((pod) => pod.selected) ? [] : [noneSelected(pods.length)]),
    ...unwatched(pods),
    ...facts.include.flatMap((filter, i) => filterHints(filter, `include[${i}]`, facts, pods)),
  ];
  if (watched.length > 0 && facts.flows === 0) {
    found.push(`${count(watched.length, 'pod')} watched, but no connection was seen yet: is there traffic?`);
  }
  return found;
}

function noAgent(known: readonly AgentStatusMessage[]): string {
  if (known.length === 0) {
    return 'No agent has connected yet: start snoopy-agent on each node, its --aggregator pointing to the port of --agents-listen here.';
  }
  return `No agent is connected now; gone: ${names(known.map((status) => status.name ?? ''))}. See their logs.`;
}

function noneSelected(pods: number): string {
  return `Agents see ${count(pods, 'pod')}, but select none: check their --select and --namespaces.`;
}

/** Selected pods that are not being watched, by state. */
function unwatched(pods: readonly PodMessage[]): string[] {
  const inState = (state: PodMessage['state']): PodMessage[] => pods.filter((pod) => pod.state === state);
  const failed = inState('WATCH_STATE_FAILED');
  const leftOut = inState('WATCH_STATE_LEFT_OUT');
  const skipped = inState('WATCH_STATE_SKIPPED').filter((pod) => pod.selected);
  return [
    ...(failed.length > 0
      ? [`${count(failed.length, 'pod')} could not be entered: ${names(failed.map(withReason))}.`]
      : []),
    ...(leftOut.length > 0
      ? [
          `${count(leftOut.length, 'pod')} left out because a memory bound of their agent is reached (${names(leftOut.map(podName))}): raise --packet-memory there, or select fewer.`,
        ]
      : []),
    ...(skipped.length > 0
      ? [`${count(skipped.length, 'pod')} skipped on purpose: ${names(skipped.map(withReason))}.`]
      : []),
  ];
}

function filterHints(
  filter: FlowFilter,
  field: string,
  facts: HintFacts,
  reported: readonly PodMessage[],
): string[] {
  const matches = podMatcher(filter, field);
  if (!matches) return [];
  const matching = facts.pods.filter(matches);
  if (matching.length === 0) {
    const namespaces = [...new Set(facts.pods.map((pod) => pod.namespace))].sort();
    return [
      `None of the ${count(facts.pods.length, 'pod')} known matches the namespace, pod and selector asked for; namespaces known: ${names(namespaces)}.`,
    ];
  }
  if (matching.some((pod) => pod.watched)) return [];
  const uids = new Set(matching.map((pod) => pod.uid));
  const why = reported.filter((pod) => uids.has(pod.uid ?? ''));
  return [`What matches is not being watched: ${names(why.map(withReason))}.`];
}

function podName(pod: PodMessage): string {
  return `${pod.namespace}/${pod.name}`;
}

function withReason(pod: PodMessage): string {
  const reason = pod.reason || (pod.selected ? 'no reason given' : 'not selected');
  return `${podName(pod)} (${reason.replace(/\.$/, '')})`;
}

function names(all: readonly string[]): string {
  const shown = all.slice(0, MOST_NAMES).map((name) => printable(name, 300));
  const more = all.length > MOST_NAMES ? ` and ${all.length - MOST_NAMES} more` : '';
  return `${shown.join(', ')}${more}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
