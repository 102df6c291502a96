import { Net } from '@snoopy/scripts/rig/netns';
import t from 'tap';
import { KernelRig, sum, tell, whyNot } from '../kernel-rig.js';
import { Python } from '../python.js';

const skip = whyNot();
const BYTES = 300_000;

t.test('TCP that a pod forwards has no socket there: its frames are counted', { skip }, async (t) => {
  const net = new Net();
  t.teardown(() => net.close());
  const left = net.bridge('left');
  const right = net.bridge('right', { v4: '10.78.0', v6: 'fd78::' });
  const client = left.join(net.namespace('client'));
  const server = right.join(net.namespace('server'));
  const router = left.join(net.namespace('router'));
  right.join(router, { interface: 'eth1' });
  router.sysctl('net.ipv4.ip_forward', 1);
  client.run('ip', 'route', 'add', 'default', 'via', left.v4(router));
  server.run('ip', 'route', 'add', 'default', 'via', right.v4(router));
  const rig = new KernelRig(t);
  await rig.watch(router, 'eth0');
  await rig.watch(router, 'eth1');
  const address = right.v4(server);
  const s = new Python(
    server,
    `l = serve('${address}', 80)\nm = serve('${address}', 81)\nsay('up')\nfor i in range(2):\n    c, _ = l.accept()\n    n = read(c, ${BYTES}); c.sendall(b'y' * 1000); c.close()\nc, _ = m.accept()\nread(c, 10); linger(c); c.close()\nsay('over')\ngo()`,
  );
  await s.next();
  const c = new Python(
    client,
    `# the packet that teaches the program what this pod is: its own connection is known from its SYN-ACK on\ntcp('${address}').connect_ex(('${address}', 83))\nfor i in range(2):\n    c = tcp('${address}'); c.connect(('${address}', 80)); c.sendall(b'x' * ${BYTES}); read(c, 1001); c.close()\nc = tcp('${address}'); c.connect(('${address}', 81)); c.sendall(b'x' * 10)\ntry: c.recv(1)\nexcept OSError: pass\ntcp('${address}').connect_ex(('${address}', 82))\nsay('over')\ngo()`,
  );
  await c.next();
  const to = (port: number, side: 'localPort' | 'peerPort') =>
    rig.of(router).filter((row) => row[side] === port);
  await rig.until('the ends', (rows) => rows.filter((row) => row.closed === 'fin').length === 4);
  rig.readAll();
  // eth0 sees the client as the peer, eth1 the server
  for (const [side, up, down] of [
    ['localPort', 'received', 'sent'],
    ['peerPort', 'sent', 'received'],
  ] as const) {
    const rows = to(80, side);
    t.equal(sum(rows, up, 'payload'), 2 * BYTES, tell(rows));
    t.equal(sum(rows, down, 'payload'), 2_000);
    t.equal(rows.filter((row) => row.opened).length, 2);
    t.equal(rows.filter((row) => row.final && row.outcome === 'established').length, 2);
    t.equal(rows.filter((row) => row.closed === 'fin').length, 2);
    t.equal(to(81, side).at(-1)!.closed, 'aborted', tell(to(81, side)));
    t.same(
      to(82, side).flatMap((row) => (row.final ? row.outcome : [])),
      ['refused'],
    );
    t.equal(new Set(rows.map((row) => `${row.clientIsn} ${row.serverIsn}`)).size, 2, 'ISNs to join by');
    t.notOk(
      rows.some((row) => row.fromSocket),
      'the records say so',
    );
  }
  t.same(rig.lost, {});
});

t.test('what the router itself says still comes from its sockets', { skip }, async (t) => {
  const net = new Net();
  t.teardown(() => net.close());
  const bridge = net.bridge();
  const one = bridge.join(net.namespace('one'));
  const router = bridge.join(net.namespace('router'));
  const other = bridge.join(net.namespace('other'));
  router.sysctl('net.ipv4.ip_forward', 1);
  for (const key of ['all', 'eth0']) router.sysctl(`net.ipv4.conf.${key}.send_redirects`, 0);
  one.run('ip', 'route', 'add', `${bridge.v4(other)}/32`, 'via', bridge.v4(router));
  const rig = new KernelRig(t);
  await rig.watch(router);
  const s = new Python(
    other,
    `l = serve('${bridge.v4(other)}', 80)\nsay('up')\nwhile 1:\n    c, _ = l.accept()\n    read(c, 100); c.close()`,
  );
  await s.next();
  const talk = `c = tcp('${bridge.v4(other)}'); c.connect(('${bridge.v4(other)}', 80)); c.sendall(b'x' * 100); read(c, 1); c.close(); say('over')\ngo()`;
  await new Python(one, talk).next();
  await new Python(router, talk).next();
  await rig.until('its own end', (rows) => rows.some((row) => row.closed === 'fin' && row.fromSocket));
  rig.readAll();
  const own = rig.of(router).filter((row) => row.local === bridge.v4(router));
  t.ok(own.length > 0 && own.every((row) => row.fromSocket), tell(rig.rows));
  t.equal(sum(own, 'sent', 'payload'), 100);
  const passing = rig.of(router).filter((row) => row.local !== bridge.v4(router));
  t.ok(passing.length > 0 && passing.every((row) => !row.fromSocket));
});
