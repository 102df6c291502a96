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

t.test('helm lint --strict has nothing to say', (t) => {
  for (const helm of ['helm3', 'helm4'])
    t.match(cluster.run(helm, ['lint', '--strict', CHART]), /1 chart\(s\) linted, 0 chart\(s\) failed/);
  t.end();
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
  'certificates by cert-manager': ['trust.certificates=certManager', 'trust.names={snoopy.example}'],
  'certificates by an issuer that is there': [
    'trust.certificates=certManager',
    'trust.certManager.issuerRef.name=company',
    'trust.certManager.issuerRef.kind=ClusterIssuer',
  ],
  'certificates that are there': [
    'trust.certificates=existing',
    'trust.existing.aggregatorSecret=one',
    'trust.existing.agentSecret=two',
  ],
  'nobody is asked': ['trust.mode=none', 'jobs.policy=off', 'jobs.namespaces={a,b}', 'jobs.collectors={c}'],
  OpenShift: ['openshift.enabled=true', 'agent.runtime.directory=/run/crio', 'agent.netns=/var/run/netns'],
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

/** Kinds that others bring: what they are called, in which group. */
const FOREIGN = [
  ['ServiceMonitor', 'servicemonitors', 'monitoring.coreos.com'],
  ['PodMonitor', 'podmonitors', 'monitoring.coreos.com'],
  ['PrometheusRule', 'prometheusrules', 'monitoring.coreos.com'],
  ['Issuer', 'issuers', 'cert-manager.io'],
  ['Certificate', 'certificates', 'cert-manager.io'],
  ['SecurityContextConstraints', 'securitycontextconstraints', 'security.openshift.io'],
] as const;

// kubectl asks for strict validation: fields that a kind does not have are refused.
t.test('the API server takes what the chart makes of other values', async (t) => {
  const items = FOREIGN.map(anyKind);
  cluster.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  t.teardown(() => cluster.kubectl(['delete', 'crd', ...items.map(({ metadata }) => metadata.name)]));
  await until('the kinds', 30, () =>
    FOREIGN.every(([, plural, group]) => cluster.kubectl(['get', `${plural}.${group}`, '-A']) !== undefined),
  );
  for (const [name, sets] of Object.entries(VALUES)) {
    for (const helm of ['helm3', 'helm4']) {
      const text = render(helm, '--skip-tests', '-n', 'default', ...sets.flatMap((set) => ['--set', set]));
      t.ok(cluster.kubectl(['apply', '--dry-run=server', '-f', '-'], text), `${name}, ${helm}`);
    }
  }
});

/** A kind without its schema. */
function anyKind([kind, plural, group]: (typeof FOREIGN)[number]) {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const versions = [{ name: 'v1', served: true, storage: true, schema }];
  const names = { kind, plural, singular: kind.toLowerCase() };
  const scope = kind === 'SecurityContextConstraints' ? 'Cluster' : 'Namespaced';
  const metadata = { name: `${plural}.${group}` };
  const spec = { group, scope, names, versions };
  return { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata, spec };
}
