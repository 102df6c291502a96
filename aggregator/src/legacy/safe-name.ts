import { SnoopyError } from '@snoopy/proto';

/** Kubernetes' names, and what people call network namespaces. 253 is the longest of the former and fits a file name. */
const good = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/;

/**
 * The file name for a pod's data: the pod's name itself, if it can be one. It holds no slash, does not start with a
 * dot and has no control characters. Throws SnoopyError BAD_INPUT otherwise: a name that was changed would be
 * found by nobody.
 */
export function fileNameOf(pod: string): string {
  if (good.test(pod) && !pod.includes('..')) return pod;
  throw new SnoopyError(
    'BAD_INPUT',
    `name: ${JSON.stringify(pod.slice(0, 60))} cannot be a pod's name; give 1 to 253 letters, digits, dots and hyphens, none but letters and digits at the ends.`,
  );
}
