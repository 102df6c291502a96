import t from 'tap';
import { readRuntimeInfo } from '../../../src/pods/cri-info.js';

const spec = (path?: string) => ({ linux: { namespaces: [{ type: 'pid' }, { type: 'network', path }] } });
const info = (value: unknown) => ({ info: JSON.stringify(value) });

t.test('each runtime’s verbose answer gives the pid and the path it holds, and nothing else', async (t) => {
  t.same(
    readRuntimeInfo(info({ pid: 4711, runtimeSpec: spec('/run/netns/cni-1') })),
    { pid: 4711, path: '/run/netns/cni-1' },
    'containerd 1.6',
  );
  const metadata = { Metadata: { NetNSPath: '/run/netns/cni-2' } };
  t.same(
    readRuntimeInfo(info({ pid: 9, sandboxMetadata: metadata, runtimeSpec: null })),
    { pid: 9, path: '/run/netns/cni-2' },
    'containerd 2',
  );
  t.same(
    readRuntimeInfo(info({ runtimeSpec: spec('/run/netns/abc') })),
    { path: '/run/netns/abc' },
    'CRI-O without infra container',
  );
  t.same(readRuntimeInfo(info({ pid: 12, runtimeSpec: spec() })), { pid: 12 }, 'a pod on the node’s network');
  t.same(readRuntimeInfo({ pid: '77' }), { pid: 77 }, 'runtimes of old');
  t.same(readRuntimeInfo({}), {}, 'cri-dockerd says nothing');
});

t.test('odd answers are left out instead of failing', async (t) => {
  for (const odd of [
    '',
    'null',
    '[]',
    '7',
    '{"pid":"12"}',
    '{"pid":0}',
    '{"pid":-1}',
    '{"pid":1}',
    '{"pid":1.5}',
    '{',
  ]) {
    t.same(readRuntimeInfo({ info: odd }), {}, odd);
  }
  t.same(
    readRuntimeInfo(
      info({ runtimeSpec: { linux: { namespaces: [null, { type: 'network', path: 'relative' }] } } }),
    ),
    {},
  );
  t.same(readRuntimeInfo(info({ runtimeSpec: spec('/run/\0x') })), {});
});
