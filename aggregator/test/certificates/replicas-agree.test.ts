import { statSync } from 'node:fs';
import { join } from 'node:path';
import { createLog } from '@snoopy/proto';
import t from 'tap';
import { CertificateKeeper } from '../../src/certificates/certificate-keeper.js';
import type { CertificateStore } from '../../src/certificates/certificate-store.js';
import { FolderStore } from '../../src/certificates/folder-store.js';
import { IdentityFeed } from '../../src/certificates/identity.js';
import { SecretStore } from '../../src/certificates/secret-store.js';
import type { KubeAnswer, KubeRequest } from '../../src/kubernetes/kube-api.js';
import { KubeError } from '../../src/kubernetes/kube-api.js';
import { KubeQuestions } from '../../src/kubernetes/kube-questions.js';
import { FakeKubeApi } from '../fakes/fake-kube-api.js';
import { HandClock } from '../fakes/hand-clock.js';

const rules = {
  subjects: {
    aggregator: { name: 'snoopy-aggregator', names: ['snoopy-aggregator'], usage: 'server' as const },
    agent: { name: 'snoopy-agent', names: ['snoopy-agent'], usage: 'client' as const },
  },
  authorityDays: 3_650,
  issuedDays: 90,
  spreadMs: 86_400_000,
};

function keeper(store: CertificateStore, copy?: CertificateStore): CertificateKeeper {
  return new CertificateKeeper({
    store,
    ...(copy ? { copy } : {}),
    rules,
    own: 'aggregator',
    feed: new IdentityFeed(),
    clock: new HandClock(),
    log: createLog('test', 'silent'),
  });
}

/** A fake of the API server that keeps objects and refuses writes that are based on an old version. */
class FakeObjects extends FakeKubeApi {
  readonly objects = new Map<string, Record<string, unknown>>();
  writes = 0;
  conflicts = 0;
  #version = 0;

  override async request(request: KubeRequest): Promise<KubeAnswer> {
    // Others may come in between.
    await new Promise((resolve) => setImmediate(resolve));
    return super.request(request);
  }

  override answer = ({ method, path, body }: KubeRequest): KubeAnswer | KubeError => {
    const sent = body as { metadata: { name: string; resourceVersion?: string } };
    const key = method === 'POST' ? `${path}/${sent.metadata.name}` : path;
    const known = this.objects.get(key) as typeof sent | undefined;
    if (method === 'GET') return known ? { status: 200, body: known } : { status: 404, body: {} };
    const wrong =
      method === 'POST' ? known : known?.metadata.resourceVersion !== sent.metadata.resourceVersion;
    if (wrong) {
      this.conflicts++;
      return { status: 409, body: {} };
    }
    this.writes++;
    const metadata = { ...sent.metadata, resourceVersion: String(++this.#version) };
    this.objects.set(key, { ...sent, metadata });
    return { status: method === 'POST' ? 201 : 200, body: {} };
  };
}

t.test('replicas that start at the same moment end up with the same certificates', async (t) => {
  const api = new FakeObjects();
  const where = { namespace: 'snoopy', prefix: 'snoopy', owner: '' };
  const keepers = Array.from({ length: 4 }, () => keeper(new SecretStore(new KubeQuestions(api), where)));
  await Promise.all(keepers.map((one) => one.look()));
  t.ok(api.conflicts > 0, 'they did get in each other’s way');
  const identities = new Set(keepers.map(({ parts }) => JSON.stringify(parts.feed.now)));
  t.equal(identities.size, 1);
  const { writes } = api;
  await Promise.all(keepers.map((one) => one.look()));
  t.equal(api.writes, writes, 'a second look writes nothing');
  const kinds = [...api.objects].map(([path, object]) => `${object.kind} ${path.split('/').at(-1)}`).sort();
  t.same(kinds, [
    'ConfigMap snoopy-client',
    'Secret snoopy-agent',
    'Secret snoopy-aggregator',
    'Secret snoopy-ca',
  ]);
});

t.test(
  'without the API server it goes on with the copy of the last run, and else says what it needs',
  async (t) => {
    const api = new FakeObjects();
    const copy = new FolderStore(t.testdir());
    const store = new SecretStore(new KubeQuestions(api), { namespace: 'a', prefix: 'snoopy', owner: '' });
    const first = keeper(store, copy);
    await first.start();
    first.stop();
    api.answer = () => new KubeError(0, 'connect ECONNREFUSED');
    const second = keeper(store, copy);
    await second.start();
    second.stop();
    t.equal(second.parts.feed.now?.certificate, first.parts.feed.now?.certificate);
    await t.rejects(keeper(store).start(), { code: 'UNAVAILABLE', message: /ECONNREFUSED/ });
    api.answer = () => ({ status: 403, body: {} });
    await t.rejects(keeper(store).start(), { message: /answers 403 to get secrets snoopy-ca in a; give/ });
  },
);

t.test('keys in a folder are for its owner alone', async (t) => {
  const folder = t.testdir();
  await keeper(new FolderStore(folder)).look();
  for (const name of ['ca/ca.key', 'aggregator/tls.key', 'agent/tls.key'])
    t.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
  t.equal(statSync(folder).mode & 0o777, 0o700);
});
