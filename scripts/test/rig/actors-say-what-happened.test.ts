import t from 'tap';
import { Net } from '../../src/rig/netns.js';
import { Actor } from '../../src/rig/traffic.js';

t.test('actors', async (t) => {
  const net = new Net();
  t.teardown(() => net.close());
  const bridge = net.bridge();
  const [a, b] = [bridge.join(net.namespace('a')), bridge.join(net.namespace('b'))];
  const [client, server] = await Promise.all([Actor.start(a), Actor.start(b)]);
  const host = bridge.v4(b);

  await t.test('a connection refused and one that nobody answers', async (t) => {
    a.sysctl('net.ipv4.tcp_syn_retries', 1);
    b.firewall('-A', 'INPUT', '-p', 'tcp', '--dport', '81', '-j', 'DROP');
    t.match(await client.do('tcpConnect', { host, port: 80 }), { outcome: 'ECONNREFUSED' });
    t.match(await client.do('tcpConnect', { host, port: 81, timeoutMs: 300 }), { outcome: 'GAVE_UP' });
  });

  await t.test('a connection that the server resets', async (t) => {
    const { port } = await server.do('tcpServe', { behaviour: 'reset' });
    const result = await client.do('tcpConnect', {
      host,
      port,
      sendBytes: 5,
      receiveBytes: 5,
      localPort: 4_000,
    });
    t.match(result, { outcome: 'ECONNRESET', localPort: 4_000 });
  });

  await t.test('numbered datagrams, echoed', async (t) => {
    const { port } = await server.do('udpServe', { port: 0, echo: true });
    const sent = await client.do('udpSend', { host, port, count: 100, bytes: 50, answers: 100 });
    t.match(sent, { sent: 100, received: 100, errors: {} });
    const counts = await server.do('udpCounts', { port });
    t.same(counts, { datagrams: 100, bytes: 5_000, disordered: 0, highest: 99 });
  });

  await t.test('DNS over UDP and TCP: a name, one that does not exist, one without an answer', async (t) => {
    const names = { 'web.shop.local': ['10.1.2.3', '10.1.2.4', 'fd00::7'] };
    await server.do('dnsServe', { names, silent: ['slow.shop.local'] });
    for (const tcp of [false, true]) {
      const ask = (name: string, type = 'A') =>
        client.do('dnsAsk', { server: host, name, type, tcp, timeoutMs: 300 });
      t.match(await ask('WEB.shop.local'), { rcode: 'NOERROR', answers: 2 });
      t.match(await ask('web.shop.local', 'AAAA'), { rcode: 'NOERROR', answers: 1 });
      t.match(await ask('nope.shop.local'), { rcode: 'NXDOMAIN', answers: 0 });
      t.match(await ask('slow.shop.local'), { rcode: 'NOANSWER' });
    }
  });

  await t.test('HTTP with a server that calls another by name', async (t) => {
    await server.do('httpServe', { port: 8080, bytes: 10 });
    const names = { 'back.shop.local': [host] };
    await client.do('dnsServe', { names });
    const calls = [['http://back.shop.local:8080/']];
    const { port } = await client.do('httpServe', { bytes: 77, calls, dns: bridge.v4(a), failEvery: 3 });
    const result = await server.do('httpGet', { url: `http://${bridge.v4(a)}:${port}/`, times: 3 });
    t.same(result, { outcomes: { '200': 2, '500': 1 }, bytes: 231 });
  });

  await t.test('an act that fails rejects with a sentence, a dead actor too', async (t) => {
    await t.rejects(
      client.do('close', { protocol: 'udp', port: 9 }),
      /in a: close: nothing listens on udp:9/,
    );
    const waiting = client.do('tcpConnect', { host, port: 81, timeoutMs: 5_000 });
    client.stop();
    await t.rejects(waiting, /in a: .*(SIGKILL|channel)/i);
    await t.rejects(client.do('ping', {}), /in a: .*(SIGKILL|channel)/i);
  });
});
