import type { Cluster } from '../../src/cluster/cluster.js';
import { image } from '../../src/rig/busybox-image.js';

const SERVE = 'mkdir -p /www; hostname >/www/index.html; exec httpd -f -h /www -p 80';
const BUY =
  'while :; do nslookup web.shop.svc.cluster.local; wget -qO- "http://$WEB_SERVICE_HOST"; sleep 1; done >/dev/null 2>&1';

/** web on node-b behind the Service web, customer on node-a who asks it each second, through name service and Service. */
export function openShop(cluster: Cluster): void {
  const service = { selector: { app: 'web' }, ports: [{ port: 80 }] };
  const items = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'shop' }, spec: service },
    deployment('web', 'node-b', SERVE),
    deployment('customer', 'node-a', BUY),
  ];
  cluster.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
}

function deployment(name: string, node: string, script: string): object {
  const labels = { app: name };
  const containers = [{ name, image, command: ['sh', '-c', script] }];
  const nodeSelector = { 'kubernetes.io/hostname': node };
  const spec = { nodeSelector, terminationGracePeriodSeconds: 0, containers };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}
