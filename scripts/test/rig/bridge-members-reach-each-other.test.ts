import { readFileSync } from 'node:fs';
import t from 'tap';
import { Net } from '../../src/rig/netns.js';
import { Actor } from '../../src/rig/traffic.js';

const hostDevices = () =>
  readFileSync('/proc/self/net/dev', 'utf8')
    .match(/^\s*\S+(?=:)/gm)!
    .sort();

t.test('two members of a bridge reach each other over both IP versions', async (t) => {
  const before = hostDevices();
  const net = new Net();
  t.teardown(() => net.close());
  const bridge = net.bridge();
  const a = bridge.join(net.namespace('a'));
  const b = bridge.join(net.namespace('b'));
  const [client, server] = await Promise.all([Actor.start(a), Actor.start(b)]);
  const { port } = await server.do('tcpServe', { behaviour: 'echo' });
  for (const host of [bridge.v4(b), bridge.v6(b)]) {
    const result = await client.do('tcpConnect', { host, port, sendBytes: 10, receiveBytes: 10 });
    t.match(result, { outcome: 'connected', sentBytes: 10, receivedBytes: 10 }, host);
  }
  t.match(a.mac(), /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
  t.same(hostDevices(), before, 'the host gets no device');
});

t.test('a firewall rule counts for both IP versions', async (t) => {
  const net = new Net();
  t.teardown(() => net.close());
  const a = net.namespace('a');
  a.firewall('-A', 'INPUT', '-p', 'tcp', '--dport', '81', '-j', 'DROP');
  t.match(a.run('iptables', '-S', 'INPUT'), '--dport 81 -j DROP');
  t.match(a.run('ip6tables', '-S', 'INPUT'), '--dport 81 -j DROP');
});

t.test('an error says what was run and why it failed', async (t) => {
  const net = new Net();
  t.teardown(() => net.close());
  const a = net.namespace('a');
  t.throws(() => a.run('ip', 'link', 'set', 'nope', 'up'), /ip link set nope up: .*nope/);
  const result = await a.execute('sh', ['-c', 'cat; echo oops >&2; exit 3'], 'hello');
  t.same(result, { code: 3, stdout: 'hello', stderr: 'oops\n' });
});
