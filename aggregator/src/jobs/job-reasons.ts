import type { FoundTarget } from './job-targets.js';

/** Why a job has no pods to begin with. */
export function nobody(found: readonly FoundTarget[]): string {
  const [first] = found;
  if (!first) return 'No pod matches.';
  const why = first.skipped || 'its agent does not see it yet';
  return `None of the ${found.length} pods that match can be taken; ${first.pod.name}: ${why}.`;
}

/** There are pods; only their agents have not told of them yet. */
export function isNear(found: readonly FoundTarget[]): boolean {
  return found.some(({ skipped }) => skipped === '');
}

/** The word for why a run was no success. */
export function reasonOf(trouble: string): string {
  if (trouble.startsWith('replaced')) return 'Replaced';
  return trouble.startsWith('the aggregator') ? 'Interrupted' : 'Failed';
}
