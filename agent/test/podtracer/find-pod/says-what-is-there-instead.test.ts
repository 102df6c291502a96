import t from 'tap';
import type { PodInfo } from '../../../src/pods/pod-source.js';
import { findPod } from '../../../src/podtracer/find-pod.js';

const pod = (namespace: string, name: string, ready = true, uid = name): PodInfo => ({
  uid,
  namespace,
  name,
  labels: {},
  ips: [],
  hostNetwork: false,
  sandboxId: 's',
  ready,
  containers: [],
});
const pods = [pod('shop', 'web', false, 'old'), pod('shop', 'web', true, 'new'), pod('db', 'main')];

t.test('a pod is found by namespace and name, the ready one first', async (t) => {
  t.equal(findPod(pods, 'shop', 'web').uid, 'new');
});

t.test('a wrong name is answered with what is there', async (t) => {
  const find = (namespace: string, name: string) => () => findPod(pods, namespace, name);
  t.throws(find('shop', 'wbe'), {
    code: 'NOT_FOUND',
    message: /no pod "wbe" in namespace "shop".*it has "web", "web"/,
  });
  t.throws(find('shop', 'main'), { message: /namespace "db" has one/ });
  t.throws(find('nowhere', 'x'), { message: /podtracer pods lists those there are/ });
  t.throws(find('shop', '../\u001b[2J'), { message: /^there is no pod "..\/\?\[2J" in namespace/ });
});
