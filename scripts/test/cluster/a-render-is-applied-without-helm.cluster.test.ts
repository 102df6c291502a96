import { spawnSync } from 'node:child_process';
import t from 'tap';
import { CHART, rollout, SPACE, snoopy, testCluster, until } from './snoopy-release.js';

// About 20 s.

const cluster = testCluster();
const render = (helm: string, ...more: readonly string[]): string =>
  cluster.run(helm, ['template', 'snoopy', CHART, '-n', SPACE, ...more]);

t.test('helm template | kubectl apply', async (t) => {
  cluster.kubectl(['create', 'namespace', SPACE]);
  t.teardown(() => cluster.kubectl(['delete', 'namespace', SPACE, '--wait', '--timeout=60s']));
  const text = render('helm3', '--skip-tests');
  t.equal(render('helm3', '--skip-tests'), text, 'two renders are the same to the byte');
  cluster.kubectl(['apply', '-f', '-'], text);
  t.teardown(() => cluster.kubectl(['delete', '--ignore-not-found', '--wait=false', '-f', '-'], text));
  rollout(cluster);
  await until('both agents', 60, () => (snoopy(cluster, 'status').match(/ connected /g) ?? []).length === 2);
  const again = cluster.kubectl(['apply', '-f', '-'], text);
  t.notMatch(again, /configured|created/, 'a second apply changes nothing');

  await t.test('the aggregator meets the level "restricted"; of the agent it is known why not', async (t) => {
    const level = 'pod-security.kubernetes.io/enforce=restricted';
    const args = ['label', '--dry-run=server', 'namespace', SPACE, level];
    const { stderr } = spawnSync('kubectl', args, { env: cluster.environment, encoding: 'utf8' });
    t.match(stderr, /snoopy-agent-\w+.*: .*unrestricted capabilities/);
    t.notMatch(stderr, /snoopy-aggregator/);
  });
});

const VALUES: Readonly<Record<string, readonly string[]>> = {
  'all switches on': [
    'serviceMonitor.enabled=true',
    'podMonitor.enabled=true',
    'prometheusRule.enabled=true',
    'dashboards.enabled=true',
    'agent.hostProc.enabled=true',
    'agent.hostNetwork=true',
    'aggregator.persistence.enabled=true',
    'aggregator.persistence.storageClassName=fast',
    'aggregator.replicas=2',
  ],
  'all switches off': [
    'rbac.create=false',
    'rbac.userRoles=false',
    'networkPolicy.enabled=false',
    'crds.install=false',
  ],
  'names and places': [
    'fullnameOverride=other',
    'image.registry=registry.example:5000/team',
    'image.tag=1.2.3',
    'image.pullSecrets={one,two}',
    'agent.runtime.directory=/run/k3s/containerd',
    'agent.runtime.socket=containerd.sock',
    'agent.namespaces={a,b}',
    'agent.select=app in (web\\,api)',
    'networkPolicy.clients[0].namespaceSelector.matchLabels.team=net',
  ],
};

t.test('the API server takes what the chart makes of other values', async (t) => {
  const kinds = ['ServiceMonitor', 'PodMonitor', 'PrometheusRule'];
  cluster.kubectl(
    ['apply', '-f', '-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: kinds.map(anyKind) }),
  );
  t.teardown(() =>
    cluster.kubectl([
      'delete',
      'crd',
      ...kinds.map((kind) => `${kind.toLowerCase()}s.monitoring.coreos.com`),
    ]),
  );
  await until('the kinds', 30, () => cluster.kubectl(['get', 'prometheusrules', '-A']) !== undefined);
  for (const [name, sets] of Object.entries(VALUES)) {
    for (const helm of ['helm3', 'helm4']) {
      const text = render(helm, '--skip-tests', '-n', 'default', ...sets.flatMap((set) => ['--set', set]));
      t.ok(cluster.kubectl(['apply', '--dry-run=server', '-f', '-'], text), `${name}, ${helm}`);
    }
  }
});

/** The Prometheus Operator's kind, without its schema. */
function anyKind(kind: string): object {
  const plural = `${kind.toLowerCase()}s`;
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const versions = [{ name: 'v1', served: true, storage: true, schema }];
  const names = { kind, plural, singular: kind.toLowerCase() };
  const metadata = { name: `${plural}.monitoring.coreos.com` };
  const spec = { group: 'monitoring.coreos.com', scope: 'Namespaced', names, versions };
  return { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata, spec };
}
