import type { KubeObject, OwnerReference } from './kube-api.js';

/** What is kept of a pod of the API. */
export interface KubePod {
  /** The API's; the runtime's may be another, see `runtimeUid`. */
  readonly uid: string;
  readonly runtimeUid: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly node: string;
  readonly ips: readonly string[];
  readonly networks: readonly { readonly name: string; readonly ips: readonly string[] }[];
  readonly hostNetwork: boolean;
  readonly ended: boolean;
  readonly leavingMs: number;
  readonly sinceMs: number;
  /** Its controller, if it has one. */
  readonly owner: Owner | undefined;
}

export interface Owner {
  readonly uid: string;
  readonly kind: string;
  readonly name: string;
}

interface ApiPod extends KubeObject {
  readonly spec?: { readonly nodeName?: string; readonly hostNetwork?: boolean };
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly podIPs?: readonly { readonly ip?: string }[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

interface ContainerStatus {
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

interface ContainerState {
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: { readonly startedAt?: string; readonly finishedAt?: string };
}

/** Times of the API are whole seconds, cut off. */
const SECOND_MS = 1_000;
const MIRROR = 'kubernetes.io/config.mirror';
/** Of a static pod: its uid in the runtime. */
const CONFIG_HASH = 'kubernetes.io/config.hash';
/** Written by Multus: the pod's interfaces, with addresses. */
const NETWORK_STATUS = 'k8s.v1.cni.cncf.io/network-status';

export function kubePod(object: KubeObject): KubePod {
  const { metadata = {}, spec = {}, status = {} } = object as ApiPod;
  const annotations = metadata.annotations ?? {};
  const uid = metadata.uid ?? '';
  const ended = status.phase === 'Succeeded' || status.phase === 'Failed';
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const listed = (status.podIPs ?? []).flatMap(({ ip }) => (ip ? [ip] : []));
  return {
    uid,
    runtimeUid: annotations[MIRROR] === undefined ? uid : (annotations[CONFIG_HASH] ?? uid),
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    labels: metadata.labels ?? {},
    node: spec.nodeName ?? '',
    ips: listed.length > 0 ? listed : status.podIP ? [status.podIP] : [],
    networks: secondaryNetworks(annotations[NETWORK_STATUS]),
    hostNetwork: spec.hostNetwork === true,
    ended,
    leavingMs: leavingMs(object, ended, containers),
    sinceMs: sinceMs(containers),
    owner: controllerOf(metadata.ownerReferences),
  };
}

/** The owner that controls an object. */
export function controllerOf(owners: readonly OwnerReference[] | undefined): Owner | undefined {
  const found = owners?.find(({ controller }) => controller) ?? undefined;
  return found && { uid: found.uid ?? '', kind: found.kind ?? '', name: found.name ?? '' };
}

function leavingMs({ metadata }: KubeObject, ended: boolean, containers: readonly ContainerStatus[]): number {
  const told = metadata?.deletionTimestamp ? Date.parse(metadata.deletionTimestamp) : Number.NaN;
  const grace = (metadata?.deletionGracePeriodSeconds ?? 0) * 1_000;
  const times = Number.isNaN(told) ? [] : [told - grace + SECOND_MS];
  if (ended) {
    const finished = containers.flatMap(({ state }) => timesOf(state?.terminated?.finishedAt));
    times.push(finished.length > 0 ? Math.max(...finished) + SECOND_MS : Number.MAX_SAFE_INTEGER);
  }
  return times.length > 0 ? Math.min(...times) : 0;
}

function sinceMs(containers: readonly ContainerStatus[]): number {
  const started = containers.flatMap(({ state, lastState }) => [
    ...timesOf(state?.running?.startedAt),
    ...timesOf(state?.terminated?.startedAt),
    ...timesOf(lastState?.terminated?.startedAt),
  ]);
  return started.length > 0 ? Math.min(...started) + SECOND_MS : 0;
}

function timesOf(text: string | undefined): number[] {
  const time = text ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? [] : [time];
}

/** Networks besides the cluster's own. */
function secondaryNetworks(text: string | undefined): KubePod['networks'] {
  if (!text) return none;
  try {
    const all = JSON.parse(text) as { name?: string; ips?: string[]; default?: boolean }[];
    return all
      .filter((one) => one.default !== true && typeof one.name === 'string' && Array.isArray(one.ips))
      .map(({ name, ips }) => ({ name: name!, ips: ips!.map(String) }));
  } catch {
    return none;
  }
}

const none: KubePod['networks'] = [];
