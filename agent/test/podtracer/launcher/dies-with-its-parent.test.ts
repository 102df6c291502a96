import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Net } from '@snoopy/scripts/rig/netns';
import t from 'tap';
import { eventually } from '../../eventually.js';
import { nodeChild } from '../node-child.js';
import { runs } from '../running.js';

const net = new Net();
t.teardown(() => net.close());
const web = net.namespace('orphan');
const parent = fileURLToPath(new URL('../launch-and-wait.js', import.meta.url));

// ping's own file holds a capability on Debian, which clears the signal that others keep.
for (const line of [
  ['tcpdump', '-i', 'lo', '-w', '-'],
  ['ping', '-q', '127.0.0.1'],
  ['iperf3', '-s'],
  ['conntrack', '-E'],
]) {
  t.test(`${line[0]} ends when its parent is killed, though nobody tells it`, async (t) => {
    const child = spawn(...nodeChild(parent, web.path, ...line), {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [first] = (await once(child.stdout!, 'data')) as [Buffer];
    const pid = Number(first.toString());
    await eventually(() => web.pids().includes(pid));
    // Past nsenter and setpriv, which set the signal.
    await new Promise((resolve) => setTimeout(resolve, 100));
    t.ok(runs(pid));
    child.kill('SIGKILL');
    await eventually(() => !runs(pid), 2_000);
    t.notOk(runs(pid));
  });
}
