import { parseSelector } from '@snoopy/proto';
import t from 'tap';
import type { PodInfo } from '../../../src/pods/pod-source.js';
import { type PlannedPod, plan, type Selection } from '../../../src/watch/plan.js';

const everything: Selection = {
  selector: parseSelector(''),
  namespaces: [],
  hostNetwork: false,
  flows: true,
};

function pod(name: string, more: Partial<PodInfo> = {}, planned: Partial<PlannedPod> = {}): PlannedPod {
  const info: PodInfo = {
    uid: name,
    namespace: 'shop',
    name,
    labels: { app: name },
    ips: [],
    hostNetwork: false,
    sandboxId: 's',
    ready: true,
    containers: [],
    ...more,
  };
  return { info, running: [], interfaces: ['eth0'], ...planned };
}

function states(pods: readonly PlannedPod[], selection = everything, rings = 10): Record<string, string> {
  return Object.fromEntries(
    plan(pods, selection, rings).map((one) => [
      one.uid,
      `${one.state.replace('WATCH_STATE_', '')} ${one.interfaces.join()} ${one.reason.split(':')[0]}`.trim(),
    ]),
  );
}

t.test('labels and namespaces select', async (t) => {
  const pods = [pod('web'), pod('db'), pod('api', { namespace: 'other' })];
  const selection = { ...everything, selector: parseSelector('app!=db'), namespaces: ['shop'] };
  t.same(states(pods, selection), {
    web: 'WATCHED eth0',
    db: 'NOT_SELECTED  not-selected',
    api: 'NOT_SELECTED  not-selected',
  });
});

t.test('what the aggregator says of the labels of now counts more than those of then', async (t) => {
  const told = new Map([
    ['web', false],
    ['db', true],
  ]);
  const selection = { ...everything, selector: parseSelector('app!=db'), told };
  t.same(states([pod('web'), pod('db'), pod('api')], selection), {
    web: 'NOT_SELECTED  not-selected',
    db: 'WATCHED eth0',
    api: 'WATCHED eth0',
  });
});

t.test('pods on the host’s network are skipped unless asked for', async (t) => {
  const pods = [pod('proxy', { hostNetwork: true })];
  t.same(states(pods), { proxy: 'SKIPPED  host-network' });
  t.same(states(pods, { ...everything, hostNetwork: true }), { proxy: 'WATCHED eth0' });
});

t.test('one network is watched once', async (t) => {
  t.same(states([pod('a'), pod('b', {}, { sharedWith: 'shop/a' })]), {
    a: 'WATCHED eth0',
    b: 'SKIPPED  shared-network',
  });
});

t.test('what is not ready, has no interface, or is not wanted says so', async (t) => {
  t.same(states([pod('a', { ready: false, problem: 'its sandbox is gone' })]), { a: 'FAILED  not-ready' });
  t.same(states([pod('a', {}, { interfaces: [] })]), { a: 'SKIPPED  no-interface' });
  t.same(states([pod('a')], { ...everything, flows: false }), { a: 'SKIPPED  flows-off' });
});

t.test('when rings are few, who has one keeps it, the others come by name', async (t) => {
  const pods = [
    pod('a'),
    pod('b'),
    pod('c', {}, { running: ['eth0'] }),
    pod('d', {}, { interfaces: undefined }),
  ];
  t.same(states(pods, everything, 2), {
    c: 'WATCHED eth0',
    a: 'WATCHED eth0',
    b: 'LEFT_OUT  packet-memory',
    d: 'LEFT_OUT  packet-memory',
  });
});

t.test('nobody takes the ring of an interface that is watched', async (t) => {
  const two = { interfaces: ['eth0', 'net1'] };
  const pods = [
    pod('a', {}, { ...two, running: ['eth0'] }),
    pod('b', {}, { ...two, running: two.interfaces }),
  ];
  t.same(states(pods, everything, 3), { a: 'LEFT_OUT eth0 packet-memory', b: 'WATCHED eth0,net1' });
});

t.test('a pod with more interfaces than rings is watched in part and says so', async (t) => {
  const pods = [pod('a', {}, { interfaces: ['net1', 'eth0'], running: ['net1'] })];
  t.same(states(pods, everything, 1), { a: 'LEFT_OUT net1 packet-memory' });
});

t.test('the decision does not depend on the order of the list', async (t) => {
  const pods = Array.from({ length: 6 }, (_, i) => pod(`p${i}`));
  t.same(states(pods, everything, 3), states([...pods].reverse(), everything, 3));
});
