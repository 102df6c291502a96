import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Net } from '@snoopy/scripts/rig/netns';
import t from 'tap';
import { eventually } from '../../eventually.js';
import { nodeChild } from '../node-child.js';

// About 25 s.
const kills = 50;

const net = new Net();
t.teardown(() => net.close());
const bridge = net.bridge();
const web = bridge.join(net.namespace('web'));
const client = bridge.join(net.namespace('client'));
const parent = fileURLToPath(new URL('../launch-and-wait.js', import.meta.url));

t.test(`after SIGKILL under traffic no tool is alive 2 s later, ${kills} times of ${kills}`, async (t) => {
  const server = web.spawn('iperf3', ['-s'], { stdio: 'ignore' });
  await eventually(() => web.run('ss', '-tln').includes(':5201'));
  const load = client.spawn('iperf3', ['-c', bridge.v4(web), '-u', '-b', '20M', '-t', '600'], {
    stdio: 'ignore',
  });
  let survivors = 0;
  for (let i = 0; i < kills; i++) {
    const child = spawn(...nodeChild(parent, web.path, 'tcpdump', '-i', 'eth0', '-w-'), {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(child.stdout!, 'data');
    // At any moment of the tool's start and life.
    await sleep((i * 7) % 100);
    child.kill('SIGKILL');
    await eventually(() => web.pids().every((pid) => pid === server.pid), 2_000).catch(() => survivors++);
  }
  t.equal(survivors, 0);
  load.kill('SIGKILL');
  server.kill('SIGKILL');
});
