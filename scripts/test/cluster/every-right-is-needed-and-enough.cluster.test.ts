import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Cluster } from '../../src/cluster/cluster.js';
import { openShop } from './shop.js';
import { CHART, install, rollout, SPACE, snoopy, until } from './snoopy-release.js';

// About 60 s.

const ACCOUNT = 'snoopy-aggregator';
const USER = `system:serviceaccount:${SPACE}:${ACCOUNT}`;

/** A line of the API server's audit. */
interface Asked {
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly apiGroup?: string;
  };
  readonly responseStatus?: { readonly code?: number };
}

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}

t.test('the aggregator’s rights in the Kubernetes API', async (t) => {
  const cluster = await install(t, 'helm3', '--set', 'aggregator.replicas=2');
  openShop(cluster);
  rollout(cluster);
  await until('both agents', 60, () => (snoopy(cluster, 'status').match(/ connected /g) ?? []).length === 2);
  await useAll(t, cluster);

  await t.test('are enough: nothing that it asked for was refused for good', (t) => {
    // the API server learns of a role some milliseconds after it was made: a pod that starts at once asks again
    const allowed = new Set(asked(cluster).filter(isAllowed).map(rightOf));
    const refused = asked(cluster).filter((one) => !isAllowed(one) && !allowed.has(rightOf(one)));
    t.same([...new Set(refused.map((one) => `${one.verb} ${one.requestURI}`))], []);
    t.end();
  });

  await t.test('are all needed: there is none that it does not use', (t) => {
    const used = new Set(asked(cluster).filter(isAllowed).map(rightOf));
    const given = rightsOf(cluster);
    t.ok(given.length > 30, `${given.length} rights`);
    for (const right of given) t.ok(used.has(right), right);
    t.end();
  });
});

/** Lets it do everything that it ever does. */
async function useAll(t: Tap, cluster: Cluster): Promise<void> {
  t.teardown(() => cluster.kubectl(['delete', 'snoopydataendpoints', '--all', '--wait', '--timeout=30s']));
  const endpoint = {
    apiVersion: 'data.fennecproject.io/v1alpha1',
    kind: 'SnoopyDataEndpoint',
    metadata: { name: 'data', namespace: 'default' },
    spec: { serviceName: 'data', servicePort: 51_001 },
  };
  const job = {
    apiVersion: 'job.fennecproject.io/v1alpha1',
    kind: 'SnoopyJob',
    metadata: { name: 'short', namespace: 'shop' },
    spec: {
      command: 'ip',
      args: 'addr',
      labelSelector: { app: 'web' },
      timer: '5s',
      ttlSecondsAfterFinished: 1,
    },
  };
  for (const object of [endpoint, job]) cluster.kubectl(['apply', '-f', '-'], JSON.stringify(object));
  await until('the job to come and go', 60, () => has(cluster, 'delete snoopyjobs.job.fennecproject.io'));
  // What it finds changed it puts right, when it starts at the latest.
  const patch = [
    '-n',
    SPACE,
    'patch',
    'configmap',
    'snoopy-tls-client',
    '--type=merge',
    '-p',
    '{"data":{"ca.crt":"x"}}',
  ];
  cluster.kubectl(patch);
  cluster.run('helm3', [
    'upgrade',
    'snoopy',
    CHART,
    '-n',
    SPACE,
    '--set',
    'aggregator.replicas=2,trust.names={another}',
  ]);
  await until(
    'certificates made anew',
    90,
    () => has(cluster, 'update secrets') && has(cluster, 'update configmaps'),
  );
}

type Tap = Parameters<typeof install>[0];

function has(cluster: Cluster, right: string): boolean {
  return asked(cluster).some((one) => isAllowed(one) && rightOf(one) === right);
}

function asked(cluster: Cluster): Asked[] {
  const text = readFileSync(join(cluster.plan.dir, 'logs/audit.log'), 'utf8');
  const lines = text.slice(0, text.lastIndexOf('\n')).split('\n');
  return lines.map((line) => JSON.parse(line) as Asked).filter(({ user }) => user.username === USER);
}

function isAllowed({ responseStatus }: Asked): boolean {
  return responseStatus?.code !== 403;
}

/** As `rightsOf` writes it. */
function rightOf({ verb, requestURI, objectRef }: Asked): string {
  if (!objectRef?.resource) return `${verb} ${requestURI.split('?')[0]}`;
  const { resource, subresource, apiGroup } = objectRef;
  return `${verb} ${resource}${subresource ? `/${subresource}` : ''}${apiGroup ? `.${apiGroup}` : ''}`;
}

/** What the chart's roles give it: `list pods`, `patch snoopyjobs/status.job.fennecproject.io`, `get /openid/v1/jwks`. */
function rightsOf(cluster: Cluster): string[] {
  const rules = (kind: string, name: string): Rule[] =>
    (JSON.parse(cluster.kubectl(['-n', SPACE, 'get', kind, name, '-o', 'json'])) as { rules: Rule[] }).rules;
  const all = [
    ...rules('clusterrole', ACCOUNT),
    ...rules('role', ACCOUNT),
    ...rules('role', `${ACCOUNT}-lease`),
  ];
  return all.flatMap(({ apiGroups = [], resources = [], nonResourceURLs = [], verbs }) => {
    const named = resources.flatMap((resource) =>
      apiGroups.map((group) => `${resource}${group ? `.${group}` : ''}`),
    );
    return verbs.flatMap((verb) => [...named, ...nonResourceURLs].map((what) => `${verb} ${what}`));
  });
}
