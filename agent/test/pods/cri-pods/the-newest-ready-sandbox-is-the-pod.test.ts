import t from 'tap';
import type { Sandbox } from '../../../src/pods/cri-messages.js';
import { currentSandboxes, podOf } from '../../../src/pods/cri-pods.js';

const sandbox = (id: string, attempt: number, ready: boolean, uid = 'u1'): Sandbox => ({
  id,
  metadata: { name: 'web', namespace: 'shop', uid, attempt },
  state: ready ? 'SANDBOX_READY' : 'SANDBOX_NOTREADY',
  createdAt: attempt,
  labels: { tier: 'front', app: 'web', 'io.kubernetes.pod.uid': uid },
});

t.test('of several sandboxes under one uid the ready one counts, then the latest', async (t) => {
  const ids = (...all: Sandbox[]) => currentSandboxes(all).map(({ id }) => id);
  t.same(ids(sandbox('a', 0, false), sandbox('b', 1, true), sandbox('c', 2, false)), ['b']);
  t.same(ids(sandbox('a', 0, true), sandbox('b', 1, true)), ['b']);
  t.same(ids(sandbox('b', 1, false), sandbox('a', 0, false)), ['b']);
  t.same(ids(sandbox('a', 0, true), sandbox('z', 0, true, 'u2')), ['a', 'z'], 'other pods stay');
});

t.test('a pod has its own labels in one order, and says why it is not ready', async (t) => {
  const pod = podOf(sandbox('a', 0, false), []);
  t.same(Object.entries(pod.labels), [
    ['app', 'web'],
    ['tier', 'front'],
  ]);
  t.equal(pod.ready, false);
  t.equal(pod.problem, 'the sandbox of pod shop/web does not run');
});
