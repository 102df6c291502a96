import type { Bridge, Namespace, Net } from '../rig/netns.js';
import { Actor } from '../rig/traffic.js';

/*
 *                         node-a                    │             node-b
 *   customer ──► web ───────────────────────────────┼──► api-1, api-2 ──► db
 *   mobile ─router(loses packets)─► web      dns    │    worker ──► db (refused), payments (silent)
 *
 * "payments" and the router are outside: no agent watches them.
 */

export const DNS_DOMAIN = 'shop.local';

/** Reached through a router, so that packets get lost on the way and not in a pod. */
const MOBILE = { pod: '10.78.0.2', router: '10.78.0.1', network: '10.78.0.0/24' };
/** Every so many of the packets that the router forwards are dropped. */
const LOSS = '0.1';

/** Who is where, and by which label a selector finds it. */
const PODS = {
  customer: { node: 'node-a', app: 'customer' },
  mobile: { node: 'node-a', app: 'customer' },
  web: { node: 'node-a', app: 'web' },
  dns: { node: 'node-a', app: 'dns' },
  'api-1': { node: 'node-b', app: 'api' },
  'api-2': { node: 'node-b', app: 'api' },
  db: { node: 'node-b', app: 'db' },
  worker: { node: 'node-b', app: 'worker' },
} as const;

export const NODES = ['node-a', 'node-b'] as const;

export type PodName = keyof typeof PODS;

export interface Shop {
  readonly pods: Readonly<Record<PodName, Actor>>;
  /** IPv4 and IPv6 addresses by what one would call it. */
  readonly addresses: Readonly<Record<PodName | 'payments', { v4: string; v6: string }>>;
  /** What an agent's `--pods netns:FILE` holds for that node, as text. */
  podList(node: string): string;
}

/** Makes the namespaces and their servers; everything ends with `net`. */
export async function buildShop(net: Net): Promise<Shop> {
  const bridge = net.bridge('shop');
  const names = Object.keys(PODS) as PodName[];
  const namespaces = Object.fromEntries(names.map((name) => [name, net.namespace(name)])) as Record<
    PodName,
    Namespace
  >;
  for (const name of names) if (name !== 'mobile') bridge.join(namespaces[name]);
  const payments = bridge.join(net.namespace('payments'));
  connectMobile(net, bridge, namespaces);
  const addressOf = (name: PodName) =>
    name === 'mobile'
      ? { v4: MOBILE.pod, v6: '' }
      : { v4: bridge.v4(namespaces[name]), v6: bridge.v6(namespaces[name]) };
  const addresses = {
    ...(Object.fromEntries(names.map((name) => [name, addressOf(name)])) as Record<
      PodName,
      { v4: string; v6: string }
    >),
    payments: { v4: bridge.v4(payments), v6: bridge.v6(payments) },
  };
  closeDoors(payments, namespaces.worker);
  const actors = await Promise.all(
    names.map(async (name) => [name, await Actor.start(namespaces[name])] as const),
  );
  const pods = Object.fromEntries(actors) as Record<PodName, Actor>;
  await openShop(pods, addresses);
  return { pods, addresses, podList: (node) => podList(node, namespaces) };
}

/** mobile ── router ── bridge; the router drops some of what it forwards. */
function connectMobile(net: Net, bridge: Bridge, namespaces: Readonly<Record<PodName, Namespace>>): void {
  const router = bridge.join(net.namespace('router'), { interface: 'shop' });
  const { mobile, web, dns } = namespaces;
  net.link(router, mobile, 'air', 'eth0');
  router.run('ip', 'addr', 'add', `${MOBILE.router}/24`, 'dev', 'air');
  mobile.run('ip', 'addr', 'add', `${MOBILE.pod}/24`, 'dev', 'eth0');
  mobile.run('ip', 'route', 'add', 'default', 'via', MOBILE.router);
  router.sysctl('net.ipv4.ip_forward', 1);
  for (const pod of [web, dns]) pod.run('ip', 'route', 'add', MOBILE.network, 'via', bridge.v4(router));
  const some = ['-m', 'statistic', '--mode', 'random', '--probability', LOSS];
  router.run('iptables', '-w', '-A', 'FORWARD', '-p', 'tcp', ...some, '-j', 'DROP');
}

/** 443 never answers, 8443 says that nobody may come in; the one who tries gives up soon. */
function closeDoors(payments: Namespace, worker: Namespace): void {
  payments.firewall('-A', 'INPUT', '-p', 'tcp', '--dport', '443', '-j', 'DROP');
  payments.firewall('-A', 'INPUT', '-p', 'tcp', '--dport', '8443', '-j', 'REJECT');
  worker.sysctl('net.ipv4.tcp_syn_retries', 1);
}

async function openShop(pods: Shop['pods'], addresses: Shop['addresses']): Promise<void> {
  const both = (...names: (PodName | 'payments')[]) =>
    names.flatMap((name) => [addresses[name].v4, addresses[name].v6]).filter(Boolean);
  const dns = addresses.dns.v4;
  await pods.dns.do('dnsServe', {
    names: {
      [`web.${DNS_DOMAIN}`]: both('web'),
      [`api.${DNS_DOMAIN}`]: both('api-1', 'api-2'),
      [`api-1.${DNS_DOMAIN}`]: both('api-1'),
      [`api-2.${DNS_DOMAIN}`]: both('api-2'),
      [`db.${DNS_DOMAIN}`]: both('db'),
      'payments.example.com': both('payments'),
    },
  });
  await pods.db.do('tcpServe', { port: 5432, behaviour: 'echo', greetingBytes: 4_000 });
  const query = [[`tcp://db.${DNS_DOMAIN}:5432`]];
  for (const name of ['api-1', 'api-2'] as const)
    await pods[name].do('httpServe', {
      port: 8080,
      bytes: 1_500,
      delayMs: name === 'api-1' ? 5 : 25,
      calls: query,
      dns,
    });
  const calls = [[`http://api-1.${DNS_DOMAIN}:8080/items`, `http://api-2.${DNS_DOMAIN}:8080/items`]];
  await pods.web.do('httpServe', { port: 80, bytes: 20_000, calls, dns });
  await pods.worker.do('udpServe', { port: 8125 });
}

function podList(node: string, namespaces: Readonly<Record<PodName, Namespace>>): string {
  const entries = Object.entries(PODS).filter(([, pod]) => pod.node === node);
  const list = entries.map(([name, { app }]) => ({
    namespace: 'shop',
    name,
    uid: `shop-${name}`,
    labels: { app },
    netns: namespaces[name as PodName].path,
  }));
  return JSON.stringify(list, null, 2);
}
