import type { KubeObject } from './kube-api.js';

/** What is kept of a Service. */
export interface KubeService {
  readonly namespace: string;
  readonly name: string;
  /** Cluster, external and load balancer addresses; a headless one has none. */
  readonly ips: readonly string[];
}

/** What is kept of an EndpointSlice: which pods a Service leads to. */
export interface KubeEndpoints {
  readonly namespace: string;
  readonly service: string;
  /** Of the API. */
  readonly podUids: readonly string[];
}

/** What is kept of a node. */
export interface KubeNode {
  readonly name: string;
  readonly zone: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ips: readonly string[];
}

interface ApiService extends KubeObject {
  readonly spec?: {
    readonly clusterIP?: string;
    readonly clusterIPs?: readonly string[];
    readonly externalIPs?: readonly string[];
  };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } };
}

export function kubeService(object: KubeObject): KubeService {
  const { metadata = {}, spec = {}, status = {} } = object as ApiService;
  const cluster = spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : []);
  const balancer = (status.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip ? [ip] : []));
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    ips: [...cluster.filter((ip) => ip !== 'None'), ...(spec.externalIPs ?? []), ...balancer],
  };
}

interface ApiSlice extends KubeObject {
  readonly endpoints?: readonly { readonly targetRef?: { readonly kind?: string; readonly uid?: string } }[];
}

export function kubeEndpoints(object: KubeObject): KubeEndpoints | undefined {
  const { metadata = {}, endpoints } = object as ApiSlice;
  const service = metadata.labels?.['kubernetes.io/service-name'];
  if (!service) return undefined;
  const podUids = (endpoints ?? []).flatMap(({ targetRef }) =>
    targetRef?.kind === 'Pod' && targetRef.uid ? [targetRef.uid] : [],
  );
  return { namespace: metadata.namespace ?? '', service, podUids };
}

interface ApiNode extends KubeObject {
  readonly spec?: { readonly podCIDR?: string; readonly podCIDRs?: readonly string[] };
  readonly status?: { readonly addresses?: readonly { readonly type?: string; readonly address?: string }[] };
}

/** Where network plug-ins write which other addresses of the node pods may see, as that of a masquerade or tunnel. */
const ADDRESS_ANNOTATIONS = [
  'projectcalico.org/IPv4Address',
  'projectcalico.org/IPv4IPIPTunnelAddr',
  'projectcalico.org/IPv4VXLANTunnelAddr',
  'projectcalico.org/IPv4WireguardInterfaceAddr',
  'network.cilium.io/ipv4-cilium-host',
  'network.cilium.io/ipv6-cilium-host',
  'flannel.alpha.coreos.com/public-ip',
] as const;

export function kubeNode(object: KubeObject): KubeNode {
  const { metadata = {}, spec = {}, status = {} } = object as ApiNode;
  const labels = metadata.labels ?? {};
  const own = (status.addresses ?? []).flatMap(({ type, address }) =>
    address && (type === 'InternalIP' || type === 'ExternalIP') ? [address] : [],
  );
  const annotated = ADDRESS_ANNOTATIONS.flatMap((key) => {
    const [ip] = metadata.annotations?.[key]?.split('/') ?? [];
    return ip ? [ip] : [];
  });
  const cidrs = spec.podCIDRs ?? (spec.podCIDR ? [spec.podCIDR] : []);
  return {
    name: metadata.name ?? '',
    zone: labels['topology.kubernetes.io/zone'] ?? '',
    labels,
    ips: [...new Set([...own, ...annotated, ...cidrs.flatMap(gatewaysOf)])],
  };
}

/** The pods' bridge and tunnel have the first two addresses of the node's pod network, which no pod gets. */
function gatewaysOf(cidr: string): string[] {
  const [network = ''] = cidr.split('/');
  const parts = network.split('.');
  if (parts.length !== 4) return [];
  return [network, [...parts.slice(0, 3), Number(parts[3]) + 1].join('.')];
}
