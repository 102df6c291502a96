import t from 'tap';
import { PodIndex, TOMBSTONE_MS } from '../../src/pods/pod-index.js';

const pod = (uid: string, more: object = {}) =>
  ({
    uid,
    namespace: 'shop',
    name: uid,
    labels: {},
    ips: ['10.0.0.1'],
    hostNetwork: false,
    selected: true,
    state: 'WATCH_STATE_WATCHED',
    reason: '',
    interfaces: [],
    ...more,
  }) as never;

/** The entry of an address as the merge asks for it. */
function at(index: PodIndex, ...bytes: number[]): string | undefined {
  const address = bytes.length === 4 ? [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...bytes] : bytes;
  return index.byAddress(new Int32Array(Uint8Array.from(address).buffer), 0)?.uid;
}

const v6 = [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];

t.test('both versions, and pods on the node’s network never', (t) => {
  const index = new PodIndex();
  index.report(
    'n',
    {
      full: true,
      pods: [
        pod('a', { ips: ['10.0.0.1', 'fd00::9'] }),
        pod('host', { ips: ['192.168.0.1'], hostNetwork: true }),
      ],
      removed: [],
    },
    new Set(),
    0,
  );
  t.equal(at(index, 10, 0, 0, 1), 'a');
  t.equal(at(index, ...v6), 'a');
  t.equal(at(index, 192, 168, 0, 1), undefined);
  t.equal(index.byUid('host')?.name, 'host');
  t.end();
});

t.test('a pod that is gone keeps its address for a while, unless it is used again', (t) => {
  const index = new PodIndex();
  const known = new Set<string>();
  index.report('n', { full: true, pods: [pod('a'), pod('b', { ips: ['10.0.0.2'] })], removed: [] }, known, 0);
  index.report('n', { full: false, pods: [], removed: ['a', 'b'] }, known, 1_000);
  t.strictSame([...index.live()], []);
  t.equal(at(index, 10, 0, 0, 1), 'a', 'for late records');
  index.report('n', { full: false, pods: [pod('c', { ips: ['10.0.0.2'] })], removed: [] }, known, 2_000);
  t.equal(at(index, 10, 0, 0, 2), 'c', 'the newer pod wins');
  index.forget(1_001 + TOMBSTONE_MS);
  t.equal(at(index, 10, 0, 0, 1), undefined);
  t.equal(at(index, 10, 0, 0, 2), 'c');
  t.end();
});

t.test('a full report forgets what it does not name; ids stay with the uid', (t) => {
  const index = new PodIndex();
  const known = new Set<string>();
  index.report('n', { full: true, pods: [pod('a'), pod('b', { ips: ['10.0.0.2'] })], removed: [] }, known, 0);
  const { id } = index.byUid('a')!;
  const before = index.generation;
  index.report('n', { full: true, pods: [pod('a')], removed: [] }, known, 0);
  t.strictSame(
    [...index.live()].map(({ uid }) => uid),
    ['a'],
  );
  t.equal(index.generation, before, 'nothing that was told has changed');
  index.report(
    'n',
    { full: true, pods: [pod('a', { labels: { 'app.kubernetes.io/name': 'shop-web' } })], removed: [] },
    known,
    0,
  );
  t.match(index.byUid('a'), { id, workload: 'shop-web' });
  t.ok(index.changedIn(id) > before);
  index.report('n', { full: true, pods: [pod('b', { ips: ['10.0.0.2'] })], removed: [] }, known, 0);
  t.strictSame(
    [...index.live()].map(({ uid }) => uid),
    ['b'],
    'it is back',
  );
  t.end();
});

t.test('another agent’s pod is not removed by the agent that had it before', (t) => {
  const index = new PodIndex();
  const one = new Set<string>();
  index.report('n1', { full: true, pods: [pod('a')], removed: [] }, one, 0);
  index.report('n2', { full: true, pods: [pod('a')], removed: [] }, new Set(), 0);
  index.report('n1', { full: true, pods: [], removed: [] }, one, 0);
  t.match([...index.live()], [{ uid: 'a', node: 'n2' }]);
  t.end();
});

t.test('a record’s own pod is known at once, and by its report when that comes', (t) => {
  const index = new PodIndex();
  const entry = index.ensure({ uid: 'a', namespace: 'shop', name: 'a' }, 'n', 0);
  t.strictSame([...index.live()], [], 'no report named it');
  index.report('n', { full: true, pods: [pod('a', { labels: { app: 'web' } })], removed: [] }, new Set(), 0);
  t.match(index.byUid('a'), { id: entry.id, workload: 'web' });
  t.equal([...index.live()].length, 1);
  t.end();
});
