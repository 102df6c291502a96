import { type GetFlowsRequest, SnoopyError } from '@snoopy/proto';
import type { Scope } from '../access/scope.js';
import { compileFilters, type FlowPredicate } from './filter/flow-filter.js';
import { FLOWS_KEPT } from './flow-ring.js';
import { Entry } from './ring-entry.js';
import { Sight } from './sight.js';

/** What a GetFlows call asks for, checked and compiled. */
export interface FlowsQuery {
  readonly matches: FlowPredicate;
  readonly sight: Sight;
  /** 0: no limit. */
  readonly last: number;
  readonly follow: boolean;
  /** A follower that asked for nothing old. */
  readonly onlyNew: boolean;
  /** Microseconds since 1970; undefined: no end. */
  readonly untilUs: number | undefined;
}

/** Throws SnoopyError BAD_INPUT, a sentence that names the field. @param scope what the caller may see */
export function readQuery(request: GetFlowsRequest, scope: Scope): FlowsQuery {
  if (request.last > FLOWS_KEPT) {
    throw new SnoopyError('BAD_INPUT', `last: give at most ${FLOWS_KEPT}, not ${request.last}.`);
  }
  const sinceUs = readTime(request.since, 'since');
  const untilUs = readTime(request.until, 'until');
  if (sinceUs !== undefined && untilUs !== undefined && untilUs < sinceUs) {
    throw new SnoopyError('BAD_INPUT', 'until: it is before since; give a later time.');
  }
  const sight = new Sight(scope);
  return {
    matches: within(compileFilters(request.include, request.exclude, sight), sinceUs, untilUs),
    sight,
    last: request.last,
    follow: request.follow,
    onlyNew: request.follow && request.last === 0 && sinceUs === undefined,
    untilUs,
  };
}

/** google.protobuf.Timestamp to microseconds. */
function readTime(time: GetFlowsRequest['since'], field: string): number | undefined {
  if (!time) return undefined;
  const seconds = Number(time.seconds);
  const { nanos } = time;
  // The bounds of google.protobuf.Timestamp from 1970 on: no flow is older.
  if (!(seconds >= 0 && seconds <= 253_402_300_799 && nanos >= 0 && nanos < 1e9)) {
    throw new SnoopyError('BAD_INPUT', `${field}: it is no time between 1970 and 9999.`);
  }
  return seconds * 1e6 + Math.floor(nanos / 1_000);
}

function within(matches: FlowPredicate, sinceUs = 0, untilUs = Number.POSITIVE_INFINITY): FlowPredicate {
  if (sinceUs === 0 && untilUs === Number.POSITIVE_INFINITY) return matches;
  return (ring, slot) => {
    const timeUs = ring.doubles[slot * Entry.doubles + Entry.time]!;
    return timeUs >= sinceUs && timeUs <= untilUs && matches(ring, slot);
  };
}
