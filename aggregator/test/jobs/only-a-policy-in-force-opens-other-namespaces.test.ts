import { createLog } from '@snoopy/proto';
import t from 'tap';
import { AdmissionPolicy } from '../../src/jobs/job-policy.js';
import { KubeError, type KubeRequest } from '../../src/kubernetes/kube-api.js';
import { FakeKubeApi } from '../fakes/fake-kube-api.js';

const made = (second: number) => ({ creationTimestamp: `2026-11-25T00:00:${second}Z` });
const atSecond = (second: number): number => Date.parse(`2026-11-25T00:00:${second}Z`);

/** What the API server has of the policy. */
class World {
  policy: object | undefined = { metadata: made(10), spec: { failurePolicy: 'Fail' } };
  binding: object | undefined = {
    metadata: made(20),
    spec: { policyName: 'snoopy-jobs', validationActions: ['Deny'] },
  };
  away: KubeError | undefined;
  readonly api = new FakeKubeApi();
  readonly known = new AdmissionPolicy(this.api, 'snoopy-jobs', createLog('test', 'silent'));

  constructor() {
    this.api.answer = ({ path }: KubeRequest) => {
      const body = path.includes('bindings/') ? this.binding : this.policy;
      return this.away ?? (body ? { status: 200, body } : { status: 404, body: {} });
    };
  }

  /** Whether a job that was made in that second is judged, as the API server is now. */
  async judged(second: number): Promise<boolean> {
    await this.known.look();
    return this.known.judged(atSecond(second));
  }
}

t.test('what was written before policy and binding were in force was not judged', async (t) => {
  const world = new World();
  t.notOk(world.known.known);
  t.notOk(world.known.judged(atSecond(59)));
  t.ok(await world.judged(30));
  t.ok(world.known.known);
  for (const second of [15, 20, 22]) t.notOk(await world.judged(second), `${second} s`);
});

t.test('what lets some through is none', async (t) => {
  const spec = { policyName: 'snoopy-jobs', validationActions: ['Deny'] };
  const bindings: Record<string, object | undefined> = {
    none: undefined,
    'warns only': { ...spec, validationActions: ['Warn'] },
    'of another policy': { ...spec, policyName: 'other' },
    'for some namespaces': { ...spec, matchResources: { namespaceSelector: { matchLabels: { a: 'b' } } } },
  };
  for (const [what, binding] of Object.entries(bindings)) {
    const world = new World();
    t.ok(await world.judged(59));
    world.binding = binding && { metadata: made(20), spec: binding };
    t.notOk(await world.judged(59), `binding: ${what}`);
  }
  const world = new World();
  world.policy = { metadata: made(10), spec: { failurePolicy: 'Ignore' } };
  t.notOk(await world.judged(59), 'a policy that gives up when it fails');
});

t.test('while the API server is away it is as it was', async (t) => {
  const world = new World();
  t.ok(await world.judged(59));
  world.away = new KubeError(0, 'away');
  t.ok(await world.judged(59));
  world.away = new KubeError(403, 'not allowed');
  t.notOk(await world.judged(59), 'whoever may not look does not know');
});

t.test('without one, jobs of other namespaces are for --job-namespaces', async (t) => {
  const policy = new AdmissionPolicy(new FakeKubeApi(), '', createLog('test', 'silent'));
  policy.start();
  t.ok(policy.known);
  t.notOk(policy.judged(atSecond(59)));
});
