import { type CaptureStart, parseSelector, printable, type Selector, SnoopyError } from '@snoopy/proto';
import type { PodEntry } from '../pods/pod-entry.js';

const FILTER_BYTES = 1_024;
const MOST_NAMES = 1_000;
const MOST_INTERFACES = 16;
const LONGEST_SECONDS = 7 * 24 * 3_600;
/** Full frames; tcpdump's MAXIMUM_SNAPLEN. */
const FULL_SNAPLEN = 262_144;
/** A smaller file could not even hold its own statistics. */
const SMALLEST_FILE = 65_536;

/** A capture that was asked for, checked. Limits of 0 are none. */
export interface CaptureSpec {
  readonly namespace: string;
  /** Names; a trailing * matches any ending. None: all. */
  readonly pods: readonly string[];
  readonly selectorText: string;
  readonly selector: Selector;
  readonly interfaces: readonly string[];
  readonly filter: string;
  readonly snaplen: number;
  readonly maxPackets: number;
  readonly maxBytes: number;
  readonly maxSeconds: number;
}

/** Checks a request. Throws a SnoopyError BAD_INPUT whose sentence says what will not do. */
export function captureSpec(start: CaptureStart): CaptureSpec {
  const interfaces = start.interfaces;
  refuseIf(start.pods.length > MOST_NAMES, `at most ${MOST_NAMES} pod names can be given`);
  refuseIf(interfaces.length > MOST_INTERFACES, `at most ${MOST_INTERFACES} interfaces can be given`);
  for (const text of [start.namespace, ...start.pods, ...interfaces]) checkName(text);
  checkFilter(start.filter);
  refuseIf(start.snaplen > FULL_SNAPLEN, `the snaplen is at most ${FULL_SNAPLEN}, 0 means whole frames`);
  refuseIf(start.maxSeconds > LONGEST_SECONDS, 'a capture lasts at most 7 days');
  refuseIf(
    start.maxBytes > 0 && start.maxBytes < SMALLEST_FILE,
    `the limit of the file's size is at least ${SMALLEST_FILE} bytes`,
  );
  return {
    namespace: start.namespace,
    pods: start.pods,
    selectorText: start.selector,
    selector: compileSelector(start.selector),
    interfaces,
    filter: start.filter.trim(),
    snaplen: start.snaplen,
    maxPackets: start.maxPackets,
    maxBytes: start.maxBytes,
    maxSeconds: start.maxSeconds,
  };
}

/** Whether a pod is one of those that were asked for. */
export function matchesPod(spec: CaptureSpec, pod: PodEntry): boolean {
  if (spec.namespace !== '' && pod.namespace !== spec.namespace) return false;
  if (spec.pods.length > 0 && !spec.pods.some((name) => matchesName(name, pod.name))) return false;
  return spec.selector.matches(pod.labels);
}

function matchesName(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

/** Says that no pod matches, and what there is instead. */
export function nothingMatches(spec: CaptureSpec, pods: readonly PodEntry[], agents: number): SnoopyError {
  const asked = [
    spec.pods.length > 0 ? `named ${spec.pods.slice(0, 3).join(', ')}` : '',
    spec.namespace === '' ? '' : `in the namespace ${spec.namespace}`,
    spec.selectorText === '' ? '' : `with the labels ${spec.selectorText}`,
  ].filter((part) => part !== '');
  const wanted = `There is no pod ${asked.join(' ')}`.trimEnd();
  return new SnoopyError('NOT_FOUND', `${wanted}: ${whatThereIs(spec, pods, agents)}`);
}

function whatThereIs(spec: CaptureSpec, pods: readonly PodEntry[], agents: number): string {
  if (agents === 0) return 'no agent is connected. Start snoopy-agent on the nodes and see snoopy status.';
  if (pods.length === 0) return `the ${agents} connected agents see no pod at all; see snoopy status.`;
  const here = pods.filter((pod) => spec.namespace === '' || pod.namespace === spec.namespace);
  if (here.length > 0) return `there are ${listed(here.map((pod) => pod.name))}.`;
  return `the namespaces with pods are ${listed([...new Set(pods.map((pod) => pod.namespace))])}.`;
}

function listed(names: readonly string[]): string {
  const shown = [...names].sort((a, b) => a.localeCompare(b)).slice(0, 8);
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}

/** What the agent refuses too; here the sentence comes before any agent is asked. */
function checkFilter(filter: string): void {
  refuseIf(Buffer.byteLength(filter) > FILTER_BYTES, `a filter has at most ${FILTER_BYTES} bytes`);
  refuseIf(filter !== printable(filter, FILTER_BYTES), 'a filter holds no control characters');
  refuseIf(
    filter.trimStart().startsWith('-'),
    `a filter does not begin with "-": ${filter}. Give a pcap-filter expression such as "tcp port 80"`,
  );
}

function checkName(text: string): void {
  refuseIf(text.length > 253, 'names have at most 253 characters');
  refuseIf(!/^[A-Za-z0-9_.:@-]*\*?$/.test(text), `"${text}" cannot be a name`);
}

function compileSelector(text: string): Selector {
  try {
    return parseSelector(text);
  } catch (error) {
    throw new SnoopyError('BAD_INPUT', `The selector "${text}" will not do: ${(error as Error).message}.`);
  }
}

function refuseIf(wrong: boolean, sentence: string): void {
  if (wrong) throw new SnoopyError('BAD_INPUT', `${sentence[0]!.toUpperCase()}${sentence.slice(1)}.`);
}
