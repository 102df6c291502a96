import { type FlowFilter, Outcome, type OutcomeName } from '@snoopy/proto';
import type { FlowRing } from '../flow-ring.js';
import { hasPorts, protocolNumber } from '../protocol-names.js';
import { Entry, EntryFlag, Look } from '../ring-entry.js';
import { fullSight, type Sight } from '../sight.js';
import { entry } from './bad-filter.js';
import { cidrMatcher } from './cidr.js';
import { globMatcher } from './glob.js';
import { podMatcher } from './pod-matcher.js';

/** Whether the flow in a slot of the ring is wanted. Builds no object. */
export type FlowPredicate = (ring: FlowRing, slot: number) => boolean;

/** Entries of all lists of all filters of one request. */
const MOST_ENTRIES = 1_000;
const MOST_TEXT = 253;
/** DNS patterns are the dearest condition. */
const MOST_PATTERNS = 32;

const outcomes: Readonly<Record<OutcomeName, number>> = {
  OUTCOME_UNSPECIFIED: Outcome.none,
  OUTCOME_ESTABLISHED: Outcome.established,
  OUTCOME_REFUSED: Outcome.refused,
  OUTCOME_UNREACHABLE: Outcome.unreachable,
  OUTCOME_TIMEOUT: Outcome.timeout,
};

/**
 * Compiles the filters of a request: any of `include` (none: everything) and none of `exclude`.
 * Throws SnoopyError BAD_INPUT that names the field.
 */
export function compileFilters(
  include: readonly FlowFilter[],
  exclude: readonly FlowFilter[],
  sight = fullSight,
): FlowPredicate {
  checkSize([...include, ...exclude]);
  const wanted = include.map((filter, i) => compileFilter(filter, `include[${i}]`, sight));
  const unwanted = exclude.map((filter, i) => compileFilter(filter, `exclude[${i}]`, sight));
  if (sight.all && wanted.length === 0 && unwanted.length === 0) return () => true;
  return (ring, slot) =>
    (sight.all || sight.owns(ring.sourcePods[slot]) || sight.owns(ring.destinationPods[slot])) &&
    (wanted.length === 0 || wanted.some((matches) => matches(ring, slot))) &&
    !unwanted.some((matches) => matches(ring, slot));
}

function checkSize(filters: readonly FlowFilter[]): void {
  let entries = filters.length;
  for (const f of filters) {
    const texts = [f.namespaces, f.pods, f.cidrs, f.protocols, f.dnsNames, f.tlsNames];
    entries += texts.flat().length + f.ports.length + f.outcomes.length;
    for (const text of texts.flat()) {
      entry('include or exclude', () => {
        if (text.length > MOST_TEXT) throw new Error(`no entry may be longer than ${MOST_TEXT} characters`);
      });
    }
  }
  entry('include and exclude', () => {
    const patterns = filters.flatMap((f) => [...f.dnsNames, ...f.tlsNames]).length;
    if (patterns > MOST_PATTERNS)
      throw new Error(`at most ${MOST_PATTERNS} DNS and TLS names in one request, not ${patterns}`);
    if (entries > MOST_ENTRIES)
      throw new Error(`at most ${MOST_ENTRIES} entries in one request, not ${entries}`);
  });
}

/** Cheap conditions come first. */
function compileFilter(filter: FlowFilter, field: string, sight: Sight): FlowPredicate {
  const conditions = [
    outcomeCondition(filter, field),
    protocolCondition(filter, field),
    portCondition(filter, field),
    addressCondition(filter, field, sight),
    podCondition(filter, field, sight),
    dnsCondition(filter),
    tlsCondition(filter),
  ].filter((condition) => condition !== undefined);
  const [first] = conditions;
  if (!first) return () => true;
  return conditions.length === 1
    ? first
    : (ring, slot) => conditions.every((condition) => condition(ring, slot));
}

function outcomeCondition({ outcomes: given }: FlowFilter, field: string): FlowPredicate | undefined {
  if (given.length === 0) return undefined;
  let wanted = 0;
  for (const [i, name] of given.entries()) {
    wanted |= entry(`${field}.outcomes[${i}]`, () => {
      if (!Object.hasOwn(outcomes, name)) throw new Error(`${JSON.stringify(name)} is no outcome`);
      return 1 << outcomes[name];
    });
  }
  return (ring, slot) => {
    const flags = ring.words[slot * Entry.words + Entry.flags]!;
    return (wanted & (1 << ((flags >>> EntryFlag.outcomeShift) & EntryFlag.outcomeMask))) !== 0;
  };
}

function protocolCondition({ protocols }: FlowFilter, field: string): FlowPredicate | undefined {
  if (protocols.length === 0) return undefined;
  const wanted = new Uint8Array(256);
  for (const [i, text] of protocols.entries()) {
    const number = entry(`${field}.protocols[${i}]`, () => {
      const found = protocolNumber(text);
      if (found !== undefined) return found;
      throw new Error(
        `${JSON.stringify(text)} is not known: give tcp, udp, sctp, icmp, icmpv6 or a number up to 255`,
      );
    });
    wanted[number] = 1;
  }
  return (ring, slot) => wanted[ring.words[slot * Entry.words + Entry.flags]! & EntryFlag.protocolMask] === 1;
}

function portCondition({ ports }: FlowFilter, field: string): FlowPredicate | undefined {
  if (ports.length === 0) return undefined;
  for (const [i, port] of ports.entries()) {
    entry(`${field}.ports[${i}]`, () => {
      if (port < 1 || port > 65_535) throw new Error(`${port} is no port: give a number from 1 to 65535`);
    });
  }
  const wanted = new Set(ports);
  return (ring, slot) => {
    const w = slot * Entry.words;
    if (!hasPorts(ring.words[w + Entry.flags]! & EntryFlag.protocolMask)) return false;
    const both = ring.words[w + Entry.ports]!;
    if (wanted.has(both >>> 16) || wanted.has(both & 0xffff)) return true;
    const flags = ring.words[w + Entry.flags]!;
    const others = ring.looks[slot * Look.words + Look.ports]!;
    if (flags & EntryFlag.caller && wanted.has(others >>> 16)) return true;
    return (flags & EntryFlag.dialled) !== 0 && wanted.has(others & 0xffff);
  };
}

function addressCondition({ cidrs }: FlowFilter, field: string, sight: Sight): FlowPredicate | undefined {
  if (cidrs.length === 0) return undefined;
  const ranges = cidrs.map((text, i) => entry(`${field}.cidrs[${i}]`, () => cidrMatcher(text)));
  return ({ words, looks, sourcePods, destinationPods }, slot) => {
    const source = sight.all || !sight.hides(sourcePods[slot]);
    const destination = sight.all || !sight.hides(destinationPods[slot]);
    const w = slot * Entry.words;
    const look = slot * Look.words;
    const flags = words[w + Entry.flags]!;
    for (const within of ranges) {
      if (source && within(words, w + Entry.source)) return true;
      if (destination && within(words, w + Entry.destination)) return true;
      // What one end sees in the other's place is that end's to tell.
      if (source && flags & EntryFlag.dialled && within(looks, look + Look.dialled)) return true;
      if (destination && flags & EntryFlag.caller && within(looks, look + Look.caller)) return true;
    }
    return false;
  };
}

function podCondition(filter: FlowFilter, field: string, sight: Sight): FlowPredicate | undefined {
  const matches = podMatcher(filter, field);
  return (
    matches &&
    ((ring, slot) =>
      matches(sight.named(ring.sourcePods[slot])) || matches(sight.named(ring.destinationPods[slot])))
  );
}

function tlsCondition({ tlsNames }: FlowFilter): FlowPredicate | undefined {
  if (tlsNames.length === 0) return undefined;
  const globs = tlsNames.map((text) => globMatcher(text.toLowerCase().replace(/\.$/, '')));
  return (ring, slot) => {
    const name = ring.serverNames[slot]!;
    return name !== '' && globs.some((matches) => matches(name));
  };
}

function dnsCondition({ dnsNames }: FlowFilter): FlowPredicate | undefined {
  if (dnsNames.length === 0) return undefined;
  const globs = dnsNames.map((text) => globMatcher(text.toLowerCase().replace(/\.$/, '')));
  return (ring, slot) => ring.dns[slot]!.some(({ name }) => globs.some((matches) => matches(name)));
}
