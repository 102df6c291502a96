import type { Flow } from '@snoopy/proto';
import { icmpText } from './icmp-text.js';
import { bytesText } from './quantity.js';

/** Whether an attempt failed or a connection broke, as `top` counts failures. */
export function isFailure(flow: Flow): boolean {
  if (flow.closed === 'CLOSED_ABORTED') return true;
  return flow.outcomeFinal && flow.outcome !== 'OUTCOME_ESTABLISHED';
}

/**
 * Why it failed, in words that failures have in common: `refused by the destination (RST)`, `host prohibited`,
 * `no answer`, `reset by the source`.
 */
export function failureKind(flow: Flow): string {
  if (flow.closed === 'CLOSED_ABORTED' || flow.closed === 'CLOSED_RESET') return resetKind(flow);
  if (flow.outcome === 'OUTCOME_REFUSED') return 'refused by the destination (RST)';
  if (flow.outcome === 'OUTCOME_UNREACHABLE') return icmpOf(flow) || 'unreachable';
  return flow.outcome === 'OUTCOME_TIMEOUT' ? 'no answer' : '';
}

/** The same beside the word for the outcome or the end, with what differs from one to the next; '': nothing to add. */
export function failureText(flow: Flow): string {
  const { closed, outcome, syns } = flow;
  if (closed === 'CLOSED_ABORTED' || closed === 'CLOSED_RESET') return resetText(flow);
  if (!flow.outcomeFinal) return '';
  if (outcome === 'OUTCOME_TIMEOUT') return syns === 0 ? '' : `no answer to ${synText(syns)}`;
  const after = syns > 1 ? `after ${synText(syns)}` : '';
  if (outcome === 'OUTCOME_REFUSED') return `by an RST ${after}`.trimEnd();
  return outcome === 'OUTCOME_UNREACHABLE' ? `${icmpOf(flow)} ${after}`.trim() : after;
}

function synText(syns: number): string {
  return syns === 1 ? '1 SYN' : `${syns} SYNs`;
}

/** '' where no ICMP message is part of the flow. */
export function icmpOf({ icmpType, icmpCode, source }: Flow): string {
  if (icmpType + icmpCode === 0) return '';
  return icmpText(source?.ip.includes(':') ?? false, icmpType, icmpCode);
}

function resetKind({ closed, resetBy }: Flow): string {
  if (resetBy === 'VANTAGE_SOURCE') return 'reset by the source';
  if (resetBy === 'VANTAGE_DESTINATION') return 'reset by the destination';
  return closed === 'CLOSED_ABORTED' ? 'aborted' : 'reset';
}

function resetText(flow: Flow): string {
  if (flow.resetBy === 'VANTAGE_UNSPECIFIED') return '';
  const [request, reply] = [flow.resetAfterRequestBytes, flow.resetAfterReplyBytes].map((bytes) =>
    bytesText(bytes).replace(' ', ''),
  );
  return `${resetKind(flow)} after ${request} sent, ${reply} received`;
}
