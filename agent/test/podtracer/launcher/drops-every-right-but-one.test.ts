import { readFileSync } from 'node:fs';
import { systemClock } from '@snoopy/proto';
import { Net } from '@snoopy/scripts/rig/netns';
import t from 'tap';
import { networkInode } from '../../../src/pods/namespace-file.js';
import type { Command } from '../../../src/podtracer/catalogue/command.js';
import { NsenterLauncher } from '../../../src/podtracer/nsenter-launcher.js';
import { ProcNamespaces } from '../../../src/podtracer/proc-namespaces.js';
import { eventually } from '../../eventually.js';

const net = new Net();
t.teardown(() => net.close());
const inside = net.namespace('rights');
const namespaces = new ProcNamespaces();
const opened = namespaces.openPath(inside.path);
if (!('fd' in opened)) throw new Error('the namespace does not open');
t.teardown(() => namespaces.close(opened.fd));

const launcher = new NsenterLauncher(systemClock);
const command = (tool: string, args: string[], capabilities: Command['capabilities'] = []): Command => ({
  tool,
  args,
  capabilities,
  package: 'x',
});
const status = (pid: number, field: string): string =>
  new RegExp(`^${field}:[ \\t]*(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';

// Numbers of capabilities: linux/capability.h.
const netAdmin = 1n << 12n;
const netRaw = 1n << 13n;

for (const [capabilities, mask] of [
  [[], 0n],
  [['net_raw'], netRaw],
  [['net_admin'], netAdmin],
] as const) {
  t.test(`a tool with [${capabilities}] holds that and nothing else, inside the namespace`, async (t) => {
    const tool = launcher.launch(command('sleep', ['100'], capabilities), { onData() {} }, opened.fd);
    await eventually(() => readFileSync(`/proc/${tool.pid}/comm`, 'utf8') === 'sleep\n');
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
      t.equal(BigInt(`0x${status(tool.pid, set)}`), mask, set);
    }
    t.equal(status(tool.pid, 'Uid'), '65534\t65534\t65534\t65534');
    t.equal(status(tool.pid, 'Gid'), '65534\t65534\t65534\t65534');
    t.equal(status(tool.pid, 'Groups').trim(), '');
    t.equal(status(tool.pid, 'NoNewPrivs'), '1');
    t.equal(networkInode(`/proc/${tool.pid}/ns/net`), opened.inode);
    tool.kill();
    t.match(await tool.ended, { code: null, signal: 'SIGKILL', cancelled: true });
  });
}

t.test('without a namespace it runs in this one', async (t) => {
  const tool = launcher.launch(command('sleep', ['100']), { onData() {} });
  t.equal(networkInode(`/proc/${tool.pid}/ns/net`), networkInode('/proc/self/ns/net'));
  tool.kill();
  await tool.ended;
});

t.test('nothing of our environment reaches the tool', async (t) => {
  let text = '';
  const onData = (chunk: Uint8Array): void => {
    text += Buffer.from(chunk).toString();
  };
  process.env.SNOOPY_TEST_SECRET = 'x';
  t.teardown(() => delete process.env.SNOOPY_TEST_SECRET);
  await launcher.launch(command('env', []), { onData }, opened.fd).ended;
  t.match(text, /^PATH=\/usr\/sbin:/m);
  t.notMatch(text, /SNOOPY_TEST_SECRET|^HOME=/m);
});

t.test('a tool that is not installed is said to be, with its package', async (t) => {
  t.throws(() => launcher.launch(command('no-such-tool', []), { onData() {} }), {
    code: 'UNSUPPORTED',
    message: /no-such-tool is not installed.*package x/,
  });
});
