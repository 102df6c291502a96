import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Net } from '@snoopy/scripts/rig/netns';
import t from 'tap';
import { NetnsSource } from '../../../src/pods/netns-source.js';
import type { PodInfo, SourceState } from '../../../src/pods/pod-source.js';
import { eventually } from '../../eventually.js';

const net = new Net();
const dir = mkdtempSync(join(tmpdir(), 'snoopy-netns-'));
const file = join(dir, 'pods.json');
t.teardown(() => {
  net.close();
  rmSync(dir, { recursive: true });
});

const web = net.namespace('web');
const entry = (name: string, netns: string) => ({ namespace: 'shop', name, netns });
const write = (value: unknown): void => {
  writeFileSync(`${file}.new`, typeof value === 'string' ? value : JSON.stringify(value));
  renameSync(`${file}.new`, file);
};

t.test('pods, and the state of the source, follow the file and what is mounted', async (t) => {
  const source = new NetnsSource(file);
  let pods: readonly PodInfo[] = [];
  let state: SourceState | undefined;
  const stop = source.watch(
    (now) => {
      pods = now;
    },
    (now) => {
      state = now;
    },
  );
  t.teardown(stop);
  t.match(state, { ok: false, message: /there is no such file/ }, 'no file is a state');
  await t.rejects(source.list(), { message: /there is no such file/ });

  write([entry('web', web.path), entry('later', `${web.path}-later`)]);
  await eventually(() => pods.length === 2);
  t.match(state, { ok: true, message: '2 namespaces are listed' });
  const [later, first] = pods;
  t.match(first, {
    uid: 'shop/web',
    name: 'web',
    ready: true,
    hostNetwork: false,
    sandboxId: /^net:\[\d+\]$/,
  });
  t.match(later, { ready: false, problem: /is not a network namespace/ });

  write('[{"namespace": "shop"');
  await eventually(() => state?.ok === false);
  t.match(state, { message: /it is not JSON: .*; until then the last good list is in force: 2 namespaces/ });
  t.equal(pods.length, 2, 'the last good list stays');

  write([entry('web', web.path)]);
  await eventually(() => pods.length === 1 && state?.ok === true);
});

t.test('a namespace that goes, and comes again under its name, is another sandbox', async (t) => {
  const again = net.namespace('again');
  write([entry('again', again.path), entry('node', '/proc/self/ns/net')]);
  const source = new NetnsSource(file);
  let pods: readonly PodInfo[] = [];
  const stop = source.watch((now) => {
    pods = now;
  });
  t.teardown(stop);
  const first = pods[0]!;
  t.equal(first.ready, true);
  t.equal(pods[1]!.hostNetwork, true, 'one’s own network is the node’s');
  // Whoever uses a namespace holds it open; its number is then not given again.
  const held = openSync(again.path, 'r');
  t.teardown(() => closeSync(held));
  again.delete();
  await eventually(() => pods[0]!.ready === false);
  t.equal((await source.locate('shop/again'))!.ready, false);
  execFileSync('ip', ['netns', 'add', again.name]);
  t.teardown(() => execFileSync('ip', ['netns', 'del', again.name]));
  await eventually(() => pods[0]!.ready);
  t.not(pods[0]!.sandboxId, first.sandboxId);
  t.equal(await source.locate('shop/nobody'), undefined);
});
