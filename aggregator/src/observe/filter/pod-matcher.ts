import { type FlowFilter, parseSelector } from '@snoopy/proto';
import type { PodEntry } from '../../pods/pod-entry.js';
import { entry } from './bad-filter.js';

export type PodMatcher = (pod: PodEntry | undefined) => boolean;

/**
 * What namespaces, pods and selector of a filter say about one end; undefined when they say nothing. A pod's
 * answer is kept: entries are immutable, so a renamed pod is asked anew.
 */
export function podMatcher(filter: FlowFilter, field: string): PodMatcher | undefined {
  const checks: ((pod: PodEntry) => boolean)[] = [];
  if (filter.namespaces.length > 0) {
    const namespaces = new Set(filter.namespaces);
    checks.push((pod) => namespaces.has(pod.namespace));
  }
  if (filter.pods.length > 0) {
    const names = filter.pods.map((text, i) => nameMatcher(text, `${field}.pods[${i}]`));
    checks.push((pod) => names.some((matches) => matches(pod.name)));
  }
  if (filter.selector !== '') {
    const selector = entry(`${field}.selector`, () => parseSelector(filter.selector));
    checks.push((pod) => pod.kind === undefined && selector.matches(pod.labels));
  }
  return checks.length === 0 ? undefined : remembering((pod) => checks.every((check) => check(pod)));
}

function nameMatcher(text: string, field: string): (name: string) => boolean {
  const star = text.indexOf('*');
  if (star < 0) return (name) => name === text;
  const start = text.slice(0, star);
  entry(field, () => {
    if (star !== text.length - 1) throw new Error(`${JSON.stringify(text)}: a * may stand at the end only`);
  });
  return (name) => name.startsWith(start);
}

function remembering(matches: (pod: PodEntry) => boolean): PodMatcher {
  const answers = new WeakMap<PodEntry, boolean>();
  return (pod) => {
    if (!pod) return false;
    const known = answers.get(pod);
    if (known !== undefined) return known;
    const answer = matches(pod);
    answers.set(pod, answer);
    return answer;
  };
}
