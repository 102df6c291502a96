import { DNS_ADDRESS } from './cluster-plan.js';

export const DNS_IMAGE = 'snoopy.local/coredns:1';
const labels = { 'k8s-app': 'kube-dns' };
const metadata = { name: 'coredns', namespace: 'kube-system' };

/** Names from outside are not known: there is no outside. */
const COREFILE = `cluster.local:53 in-addr.arpa:53 ip6.arpa:53 {
  errors
  health
  ready
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    pods insecure
    ttl 30
  }
  loadbalance
  reload
}
.:53 {
  template ANY ANY {
    rcode NXDOMAIN
  }
}
`;

/** CoreDNS as clusters have it: a Deployment behind the Service kube-dns. */
export function nameService(): object[] {
  const rules = [
    { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
  ];
  const role = { name: 'system:coredns' };
  const subject = { kind: 'ServiceAccount', ...metadata };
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role.name };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: role, rules },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: role,
      roleRef,
      subjects: [subject],
    },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { Corefile: COREFILE } },
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { ...metadata, labels }, spec: deployment() },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { ...metadata, name: 'kube-dns', labels },
      spec: service(),
    },
  ];
}

function service(): object {
  const ports = ['UDP', 'TCP'].map((protocol) => ({
    name: `dns-${protocol.toLowerCase()}`,
    port: 53,
    protocol,
  }));
  return { clusterIP: DNS_ADDRESS, selector: labels, ports };
}

function deployment(): object {
  const container = {
    name: 'coredns',
    image: DNS_IMAGE,
    args: ['-conf', '/etc/coredns/Corefile'],
    resources: { requests: { cpu: '20m', memory: '32Mi' } },
    volumeMounts: [{ name: 'config', mountPath: '/etc/coredns', readOnly: true }],
    readinessProbe: { httpGet: { path: '/ready', port: 8181 }, periodSeconds: 1 },
  };
  const spec = {
    serviceAccountName: 'coredns',
    dnsPolicy: 'Default',
    priorityClassName: 'system-cluster-critical',
    tolerations: [{ operator: 'Exists' }],
    containers: [container],
    volumes: [{ name: 'config', configMap: { name: 'coredns' } }],
  };
  return { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } };
}
