import { printable } from '@snoopy/proto';
import type { PodInfo } from '../pods/pod-source.js';

const heads = ['NAMESPACE', 'NAME', 'NETWORK', 'ADDRESSES', 'CONTAINERS', 'LABELS'];

/** Pods as a table with one line each. */
export function podsTable(pods: readonly PodInfo[]): string {
  const rows = [heads, ...pods.map(rowOf)];
  const widths = heads.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd();
  return `${rows.map(line).join('\n')}\n`;
}

function rowOf(pod: PodInfo): string[] {
  const containers = pod.containers.map(({ name, running }) => (running ? name : `${name} (not running)`));
  const labels = Object.entries(pod.labels).map(([key, value]) => `${key}=${value}`);
  const network = pod.hostNetwork ? 'the node’s' : pod.ready ? 'own' : 'none';
  const cells = [pod.namespace, pod.name, network, pod.ips.join(','), containers.join(','), labels.join(',')];
  return cells.map((cell) => printable(cell) || '-');
}

/** Pods as JSON, one object per line. */
export function podsJson(pods: readonly PodInfo[]): string {
  return pods.map((pod) => `${JSON.stringify(pod)}\n`).join('');
}
