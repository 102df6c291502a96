/* A program: what an aggregator keeps of so many pods. The API server is a fake; its JSON is as long as a real one's. */
import { createLog, systemClock } from '@snoopy/proto';
import type { KubeObject } from '../../src/kubernetes/kube-api.js';
import { Kubernetes } from '../../src/kubernetes/kubernetes.js';
import { PodIndex } from '../../src/pods/pod-index.js';
import { FakeKubeApi } from '../fakes/fake-kube-api.js';
import { apiPod } from './cluster-world.js';

const count = Number(process.argv[2] ?? 10_000);
const PAGE = 250;
await import('@kubernetes/client-node');
const before = measure();
const api = new FakeKubeApi();
api.answer = ({ path, query }) => {
  const at = Number(query?.continue ?? 0);
  const total = path.endsWith('/pods') ? count : path.endsWith('/replicasets') ? count / 4 : 0;
  const items = Array.from({ length: Math.min(PAGE, total - at) }, (_, i) => item(path, at + i));
  const next = at + PAGE < total ? String(at + PAGE) : '';
  // Through text, as from the network, so that nothing is shared by chance.
  return {
    status: 200,
    body: JSON.parse(JSON.stringify({ metadata: { resourceVersion: '1', continue: next }, items })),
  };
};
const index = new PodIndex();
const options = { clock: systemClock, log: createLog('test', 'silent'), random: Math.random };
const kubernetes = new Kubernetes({ api, index, sessions: () => [], ...options });
kubernetes.start();
while (!kubernetes.synced) await new Promise((resolve) => setTimeout(resolve, 20));
await new Promise((resolve) => setTimeout(resolve, 200));
const after = measure();
let pods = 0;
for (const { cluster } of index.records()) if (cluster) pods++;
const mebibytes = (bytes: number): number => Math.round(bytes / 104_857.6) / 10;
process.stdout.write(
  JSON.stringify({
    pods,
    heapMiB: mebibytes(after.heap - before.heap),
    rssMiB: mebibytes(after.rss - before.rss),
  }),
);
process.exit(0);

function measure(): { heap: number; rss: number } {
  for (let i = 0; i < 4; i++) globalThis.gc!();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, rss };
}

function item(path: string, i: number): KubeObject {
  const set = `web-${Math.floor(i / 4)}-7d9f8`;
  if (!path.endsWith('/pods')) {
    const owner = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      name: `web-${i}`,
      uid: `dep-${i}`,
      controller: true,
    };
    return {
      metadata: {
        name: `web-${i}-7d9f8`,
        namespace: 'shop',
        uid: `uid-web-${i}-7d9f8`,
        ownerReferences: [owner],
      },
    };
  }
  const labels = {
    app: `web-${Math.floor(i / 4)}`,
    'pod-template-hash': '7d9f8',
    'app.kubernetes.io/part-of': 'shop',
    tier: 'front',
  };
  const pod = apiPod(`${set}-${i.toString(36)}`, {
    namespace: `team-${i % 50}`,
    uid: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
    labels,
    node: `node-${i % 100}`,
    ip: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`,
    owner: ['ReplicaSet', set],
    startedS: i,
  });
  return { ...pod, filler: 'x'.repeat(6_000) } as KubeObject;
}
