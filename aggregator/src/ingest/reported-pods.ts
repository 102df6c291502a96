import { isName, type Pod, type PodsReport, printable, SnoopyError } from '@snoopy/proto';

/** Most pods that one agent may report. A node runs 110 by default, 250 at most in practice. */
const MOST_PODS = 2_000;
const MOST_LABELS = 256;
const MOST_ADDRESSES = 64;
const MOST_INTERFACES = 64;
const MOST_TEXT = 1_024;

/** The pods that an agent sees, as it told. */
export class ReportedPods {
  /** Their uids, for the index. */
  readonly uids = new Set<string>();
  readonly #pods = new Map<string, Pod>();

  all(): Pod[] {
    return [...this.#pods.values()];
  }

  /** @throws SnoopyError BAD_INPUT when it holds what cannot be a pod */
  report(report: PodsReport): void {
    for (const pod of report.pods) checkPod(pod);
    if (report.full) this.#pods.clear();
    for (const uid of report.removed) this.#pods.delete(uid);
    for (const pod of report.pods)
      this.#pods.set(pod.uid, { ...pod, reason: printable(pod.reason, MOST_TEXT) });
    if (this.#pods.size > MOST_PODS) refuse(`${this.#pods.size} pods on one node, the limit is ${MOST_PODS}`);
  }
}

function checkPod(pod: Pod): void {
  // A namespace list's pods without a uid of their own have namespace/name.
  if (!pod.uid.split('/').every(isName)) refuse('a pod whose uid cannot be one');
  if (!isName(pod.name) || !isName(pod.namespace)) refuse('a pod whose name cannot be one');
  const labels = Object.entries(pod.labels);
  if (labels.length > MOST_LABELS) refuse(`a pod with ${labels.length} labels, the limit is ${MOST_LABELS}`);
  if (pod.ips.length > MOST_ADDRESSES)
    refuse(`a pod with ${pod.ips.length} addresses, the limit is ${MOST_ADDRESSES}`);
  if (pod.interfaces.length > MOST_INTERFACES) {
    refuse(`a pod with ${pod.interfaces.length} interfaces, the limit is ${MOST_INTERFACES}`);
  }
  for (const text of [...labels.flat(), ...pod.ips, ...pod.interfaces]) {
    if (printable(text, MOST_TEXT) !== text)
      refuse('a pod whose labels hold control characters or over 1,024 characters');
  }
}

function refuse(what: string): never {
  throw new SnoopyError(
    'BAD_INPUT',
    `The agent reported ${what}: fix the agent, or what its runtime tells it.`,
  );
}
