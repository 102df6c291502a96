import { printable, SnoopyError } from '@snoopy/proto';
import type { PodInfo } from '../pods/pod-source.js';

/** The pod of a name, a ready one first. Throws SnoopyError(NOT_FOUND) that says what there is instead. */
export function findPod(pods: readonly PodInfo[], namespace: string, name: string): PodInfo {
  const matches = pods.filter((pod) => pod.namespace === namespace && pod.name === name);
  const found = matches.find(({ ready }) => ready) ?? matches[0];
  if (found) return found;
  const wanted = `there is no pod ${quote(name)} in namespace ${quote(namespace)} on this node`;
  throw new SnoopyError('NOT_FOUND', `${wanted}; ${instead(pods, namespace, name)}`);
}

function instead(pods: readonly PodInfo[], namespace: string, name: string): string {
  const elsewhere = pods.find((pod) => pod.name === name);
  if (elsewhere) return `namespace ${quote(elsewhere.namespace)} has one`;
  const neighbours = pods.filter((pod) => pod.namespace === namespace).map((pod) => quote(pod.name));
  const shown = neighbours.slice(0, 5).join(', ') + (neighbours.length > 5 ? ', …' : '');
  return shown ? `it has ${shown}` : 'podtracer pods lists those there are';
}

function quote(text: string): string {
  return JSON.stringify(printable(text, 100));
}
