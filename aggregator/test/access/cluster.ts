import { createPrivateKey, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlPlane } from '@snoopy/scripts/rig/control-plane';

const namespaced = (namespace: string, kind: string): string => `/api/v1/namespaces/${namespace}/${kind}`;
const rbac = '/apis/rbac.authorization.k8s.io/v1';

/** Rights in group snoopy.dev. */
export type Rule = readonly [resource: string, verbs: readonly string[]];

/** What a test of access needs of a real API server: people, agents' pods on nodes, and rights. */
export class AccessCluster {
  constructor(readonly plane: ControlPlane) {}

  async namespaces(...names: readonly string[]): Promise<void> {
    for (const name of names) await this.plane.call('POST', '/api/v1/namespaces', { metadata: { name } });
  }

  async account(namespace: string, name: string): Promise<void> {
    await this.plane.call('POST', namespaced(namespace, 'serviceaccounts'), { metadata: { name } });
  }

  async node(name: string): Promise<void> {
    await this.plane.call('POST', '/api/v1/nodes', { metadata: { name } });
  }

  /** @returns its uid */
  async pod(
    namespace: string,
    name: string,
    nodeName: string,
    serviceAccountName = 'default',
  ): Promise<string> {
    const spec = {
      nodeName,
      serviceAccountName,
      automountServiceAccountToken: false,
      containers: [{ name: 'a', image: 'a' }],
    };
    const path = namespaced(namespace, 'pods');
    const made = await this.plane.call<{ metadata: { uid: string } }>('POST', path, {
      metadata: { name },
      spec,
    });
    return made.metadata.uid;
  }

  async deletePod(namespace: string, name: string): Promise<void> {
    await this.plane.call('DELETE', `${namespaced(namespace, 'pods')}/${name}?gracePeriodSeconds=0`);
  }

  /** A token as the kubelet or `kubectl create token` asks for it. @param pod that it is bound to */
  async token(
    namespace: string,
    account: string,
    audience = '',
    pod?: { name: string; uid: string },
  ): Promise<string> {
    const spec = {
      ...(audience === '' ? {} : { audiences: [audience] }),
      ...(pod ? { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', ...pod } } : {}),
      expirationSeconds: 600,
    };
    const path = `${namespaced(namespace, 'serviceaccounts')}/${account}/token`;
    const answer = await this.plane.call<{ status: { token: string } }>('POST', path, { spec });
    return answer.status.token;
  }

  /** Rights of an account; in all namespaces where none is given. */
  async grant(account: string, rules: readonly Rule[], namespace = '', group = 'snoopy.dev'): Promise<void> {
    const name = `${account.replace('/', '-')}-${rules.map(([resource]) => resource.replace('/', '-')).join('-')}`;
    const [of, who] = account.split('/');
    const kind = namespace === '' ? 'ClusterRole' : 'Role';
    const where = namespace === '' ? '/cluster' : `/namespaces/${namespace}/`;
    const role = {
      metadata: { name },
      rules: rules.map(([resource, verbs]) => ({ apiGroups: [group], resources: [resource], verbs })),
    };
    const binding = {
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
      subjects: [{ kind: 'ServiceAccount', namespace: of, name: who }],
    };
    await this.plane.call('POST', `${rbac}${where}roles`, role);
    await this.plane.call('POST', `${rbac}${where}rolebindings`, binding);
  }

  /** What the aggregator's account needs, as the chart has it. */
  async grantAggregator(account: string, namespace: string): Promise<void> {
    const core = ['pods', 'services', 'nodes', 'namespaces'].map((one): Rule => [one, ['list', 'watch']]);
    await this.grant(account, core, '', '');
    await this.grant(account, [['endpointslices', ['list', 'watch']]], '', 'discovery.k8s.io');
    await this.grant(account, [['replicasets', ['list', 'watch']]], '', 'apps');
    await this.grant(account, [['jobs', ['list', 'watch']]], '', 'batch');
    await this.grant(account, [['tokenreviews', ['create']]], '', 'authentication.k8s.io');
    await this.grant(account, [['subjectaccessreviews', ['create']]], '', 'authorization.k8s.io');
    await this.grant(account, [['secrets', ['get', 'create', 'update']]], namespace, '');
    await this.grant(account, [['configmaps', ['get', 'create', 'update']]], namespace, '');
  }

  /** A kubeconfig with a token in place of the administrator's. @returns the file */
  kubeconfig(token: string): string {
    const config = JSON.parse(readFileSync(this.plane.kubeconfig, 'utf8')) as { users: { user: object }[] };
    config.users[0]!.user = { token };
    const file = join(this.plane.dir, 'kubeconfig-of-the-aggregator');
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
    return file;
  }

  /** A Secret's or ConfigMap's files, as a mount has them. */
  async files(
    kind: 'secrets' | 'configmaps',
    namespace: string,
    name: string,
  ): Promise<Record<string, string>> {
    const path = `${namespaced(namespace, kind)}/${name}`;
    const { data } = await this.plane.call<{ data: Record<string, string> }>('GET', path);
    const decoded = (text: string) => (kind === 'secrets' ? Buffer.from(text, 'base64').toString() : text);
    return Object.fromEntries(Object.entries(data).map(([file, text]) => [file, decoded(text)]));
  }

  /** The same token with other claims, signed by the cluster's own key: what only the cluster could make. */
  forged(token: string, claims: object): string {
    const [header, body] = token.split('.');
    const payload = { ...(JSON.parse(Buffer.from(body!, 'base64url').toString()) as object), ...claims };
    const signed = `${header}.${Buffer.from(JSON.stringify(payload)).toString('base64url')}`;
    const key = createPrivateKey(readFileSync(join(this.plane.dir, 'accounts.key')));
    const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
    return `${signed}.${signature.toString('base64url')}`;
  }
}
