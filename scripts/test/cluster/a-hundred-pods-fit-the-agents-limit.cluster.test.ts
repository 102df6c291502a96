import t from 'tap';
import type { Cluster } from '../../src/cluster/cluster.js';
import { image } from '../../src/rig/busybox-image.js';
import { openShop } from './shop.js';
import { install, rollout, SPACE, snoopy, until } from './snoopy-release.js';

// About 90 s: a hundred pods take a while to start.

const PODS = 100;
const LIMIT = 150 << 20;
/** Each asks the shop every other second. */
const CALL = 'while :; do wget -qO- "http://$WEB_SERVICE_HOST"; sleep 2; done >/dev/null 2>&1';

t.test('an agent with a hundred pods that talk stays within the chart’s limit', async (t) => {
  const cluster = await install(t, 'helm3');
  openShop(cluster);
  rollout(cluster);
  cluster.kubectl(['apply', '-f', '-'], JSON.stringify(crowd()));
  await until(`${PODS} pods`, 150, () => readyOf(cluster) >= PODS);
  await until('all to be watched', 30, () => watchedOn(cluster, 'node-a') >= PODS);
  await until(
    'some windows',
    30,
    () => (snoopy(cluster, 'observe', '-n', 'shop', '--last', '2000').match(/crowd/g) ?? []).length > 1_000,
  );
  const agent = cluster.kubectl([
    ...['-n', SPACE, 'get', 'pod', '-l', 'app.kubernetes.io/component=agent'],
    ...['--field-selector', 'spec.nodeName=node-a', '-o', 'jsonpath={.items[0].metadata.name}'],
  ]);
  const most = bytesOf(cluster, agent);
  const words = `${(most / 2 ** 20).toFixed(0)} MiB at most, of ${LIMIT >> 20}`;
  process.stderr.write(`agent with ${PODS} pods: ${words}\n`);
  t.ok(most > 0 && most < LIMIT, words);
  const restarts = 'jsonpath={.status.containerStatuses[0].restartCount}';
  t.equal(cluster.kubectl(['-n', SPACE, 'get', 'pod', agent, '-o', restarts]), '0');
  // A hundred pods that start at once may cost some of their first packets, which is told; records are kept.
  t.notMatch(snoopy(cluster, 'status'), /uplink +full/);
});

function crowd(): object {
  const labels = { app: 'crowd' };
  const containers = [{ name: 'main', image, command: ['sh', '-c', CALL] }];
  const nodeSelector = { 'kubernetes.io/hostname': 'node-a' };
  const spec = { nodeSelector, terminationGracePeriodSeconds: 0, containers };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'crowd', namespace: 'shop' },
    spec: { replicas: PODS, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

function readyOf(cluster: Cluster): number {
  const path = 'jsonpath={.status.readyReplicas}';
  return Number(cluster.kubectl(['-n', 'shop', 'get', 'deployment', 'crowd', '-o', path]) || 0);
}

interface Status {
  readonly agents: readonly { readonly name: string; readonly pods: readonly { readonly state: string }[] }[];
}

function watchedOn(cluster: Cluster, node: string): number {
  const { agents } = JSON.parse(snoopy(cluster, 'status', '-o', 'json')) as Status;
  const pods = agents.find(({ name }) => name === node)?.pods ?? [];
  return pods.filter(({ state }) => state === 'WATCH_STATE_WATCHED').length;
}

/** The most that was charged to the agent's control group (v1: what it was at most; v2: the same, since Linux 5.19). */
function bytesOf(cluster: Cluster, agent: string): number {
  const files = '/sys/fs/cgroup/memory/memory.max_usage_in_bytes /sys/fs/cgroup/memory.peak';
  return Number(
    cluster
      .kubectl(['-n', SPACE, 'exec', agent, '--', 'sh', '-c', `cat ${files} 2>/dev/null || true`])
      .trim(),
  );
}
