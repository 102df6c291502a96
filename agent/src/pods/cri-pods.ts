import type { Container, Sandbox, SandboxStatus } from './cri-messages.js';
import type { PodInfo } from './pod-source.js';

/**
 * The sandbox that stands for each pod: after a reboot or a failed network set-up a pod has several under one uid. A
 * ready one wins, then the latest.
 */
export function currentSandboxes(sandboxes: readonly Sandbox[]): Sandbox[] {
  const byUid = new Map<string, Sandbox>();
  for (const sandbox of sandboxes) {
    const other = byUid.get(sandbox.metadata.uid);
    if (!other || supersedes(sandbox, other)) byUid.set(sandbox.metadata.uid, sandbox);
  }
  return [...byUid.values()];
}

function supersedes(a: Sandbox, b: Sandbox): boolean {
  if (isReady(a) !== isReady(b)) return isReady(a);
  if (a.metadata.attempt !== b.metadata.attempt) return a.metadata.attempt > b.metadata.attempt;
  return a.createdAt > b.createdAt;
}

export function isReady(sandbox: Pick<Sandbox, 'state'>): boolean {
  return sandbox.state === 'SANDBOX_READY';
}

export function isHostNetwork({ status }: SandboxStatus): boolean {
  return status.linux?.namespaces?.options?.network === 'NODE';
}

/** A pod out of its sandbox, the containers of all sandboxes, and the sandbox's status if it is known. */
export function podOf(
  sandbox: Sandbox,
  containers: readonly Container[],
  status?: SandboxStatus,
  networkPath?: string,
): PodInfo {
  const { uid, namespace, name } = sandbox.metadata;
  const ready = isReady(sandbox) && status !== undefined;
  const network = status?.status.network;
  return {
    uid,
    namespace,
    name,
    labels: ownLabels(sandbox.labels),
    ips: network ? [network.ip, ...network.additionalIps.map(({ ip }) => ip)].filter((ip) => ip !== '') : [],
    hostNetwork: status !== undefined && isHostNetwork(status),
    sandboxId: sandbox.id,
    ready,
    ...(sandbox.createdAt > 0 ? { createdUs: Math.floor(sandbox.createdAt / 1_000) } : {}),
    ...(networkPath === undefined ? {} : { networkPath }),
    ...(ready ? {} : { problem: `the sandbox of pod ${namespace}/${name} does not run` }),
    containers: containers
      .filter(({ podSandboxId }) => podSandboxId === sandbox.id)
      .map(({ id, metadata, state }) => ({
        id,
        name: metadata.name,
        running: state === 'CONTAINER_RUNNING',
      })),
  };
}

const kubelets = ['io.kubernetes.pod.name', 'io.kubernetes.pod.namespace', 'io.kubernetes.pod.uid'];

/** Without those that the kubelet adds for itself; in one order, a runtime gives them in any. */
function ownLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  const own = Object.entries(labels).filter(([key]) => !kubelets.includes(key));
  return Object.fromEntries(own.sort(([a], [b]) => (a < b ? -1 : 1)));
}
