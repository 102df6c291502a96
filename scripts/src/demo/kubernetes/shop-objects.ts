/*
 *   customer ──► web ──► api (2) ──► db          worker ──► db:6379 (refused), payments (nobody is there)
 *       └─► DNS, with a name that is not there
 *
 * Everything is busybox: httpd answers, and asks the next one in a CGI script.
 */

export const SHOP = 'shop';

/** Addresses come from the environment: busybox' wget cannot look names up everywhere; nslookup can, and is seen. */
const SCRIPTS = {
  customer: `while :; do
  nslookup web.$NAMESPACE.svc.cluster.local
  for i in 1 2 3; do wget -qO- "http://$WEB_SERVICE_HOST/cgi-bin/page"; done
  nslookup chekout.$NAMESPACE.svc.cluster.local
  sleep 1
done >/dev/null 2>&1`,
  web: page('wget -qO- "http://$API_SERVICE_HOST:8080/cgi-bin/page"', 80),
  api: page('echo select | nc -w 1 "$DB_SERVICE_HOST" 5432', 8080),
  db: 'exec nc -ll -p 5432 -e head -n 1',
  worker: `while :; do
  nc -w 1 "$DB_SERVICE_HOST" 6379 </dev/null
  nc -w 1 "$PAYMENTS_SERVICE_HOST" 443 </dev/null
  sleep 2
done >/dev/null 2>&1`,
} as const;

type Name = keyof typeof SCRIPTS;

const PORTS: Readonly<Record<string, readonly number[]>> = {
  web: [80],
  api: [8080],
  db: [5432, 6379],
  payments: [443],
};
const REPLICAS: Partial<Record<Name, number>> = { api: 2 };

/** A page that is made by asking somebody else. */
function page(ask: string, port: number): string {
  const lines = [
    '#!/bin/sh',
    'echo "Content-type: text/plain"',
    'echo',
    ask,
    'head -c 2000 /dev/zero | tr "\\\\0" x',
  ];
  const quoted = lines.map((line) => `'${line}'`).join(' ');
  return `mkdir -p /tmp/www/cgi-bin; printf '%s\\n' ${quoted} >/tmp/www/cgi-bin/page; chmod +x /tmp/www/cgi-bin/page; exec httpd -f -h /tmp/www -p ${port}`;
}

/** What kubectl applies. @param image of busybox */
export function shopObjects(image: string): object {
  const names = Object.keys(SCRIPTS) as Name[];
  const services = Object.entries(PORTS).map(([name, ports]) => service(name, ports));
  // Services first: pods get their addresses when they start.
  const items = [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: SHOP } }, ...services];
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [...items, ...names.map((name) => deployment(name, image))],
  };
}

function service(name: string, ports: readonly number[]): object {
  const spec = { selector: { app: name }, ports: ports.map((port) => ({ name: `port-${port}`, port })) };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: SHOP }, spec };
}

function deployment(name: Name, image: string): object {
  const labels = { app: name };
  const container = {
    name,
    image,
    command: ['sh', '-c', SCRIPTS[name]],
    env: [{ name: 'NAMESPACE', value: SHOP }],
    resources: { requests: { cpu: '10m', memory: '16Mi' } },
  };
  // Neighbours rather on different nodes, so that both agents see something.
  const spread = { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' };
  const spec = {
    terminationGracePeriodSeconds: 0,
    containers: [container],
    topologySpreadConstraints: [{ ...spread, labelSelector: { matchLabels: { part: SHOP } } }],
  };
  const template = { metadata: { labels: { ...labels, part: SHOP } }, spec };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: SHOP },
    spec: { replicas: REPLICAS[name] ?? 1, selector: { matchLabels: labels }, template },
  };
}
