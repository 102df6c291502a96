/* About 20 s: a containerd, real pods, the whole agent. */
import { FlowState, icmpResponderPort, Protocol } from '@snoopy/proto';
import { Actor } from '@snoopy/scripts/rig/traffic';
import t from 'tap';
import { type Row, until } from '../fakes/aggregator.js';
import { ApartTcpdump, add, type Totals } from '../fakes/pcap-totals.js';
import { type PodNetwork, RealPods } from '../fakes/real-pods.js';

const names = new Map<number, string>([
  [Protocol.tcp, 'tcp'],
  [Protocol.udp, 'udp'],
]);
const echoPorts = [icmpResponderPort(8, 0), icmpResponderPort(128, 0)];

/** What rows of a pod say, as the other tcpdump's file is read. */
function totalsOf(rows: readonly Row[]): Totals {
  const totals: Totals = {};
  for (const row of rows) {
    const name = names.get(row.protocol) ?? 'echo';
    let [local, peer] = [row.local, row.peer];
    if (name === 'echo') {
      const [host, port] = split(local);
      const [other, otherPort] = split(peer);
      if (!echoPorts.includes(port) && !echoPorts.includes(otherPort)) continue;
      const id = echoPorts.includes(port) ? otherPort : port;
      [local, peer] = [`${host}:${id}`, `${other}:${id}`];
    }
    add(totals, `${name} ${local} > ${peer}`, row.sentPackets, row.sentBytes);
    add(totals, `${name} ${peer} > ${local}`, row.receivedPackets, row.receivedBytes);
  }
  return totals;
}

function split(address: string): [string, number] {
  const at = address.lastIndexOf(':');
  return [address.slice(0, at), Number(address.slice(at + 1))];
}

/** Without the datagrams by which the test found out that it is seen. */
function withoutProbes(totals: Totals): Totals {
  return Object.fromEntries(Object.entries(totals).filter(([key]) => !/:7( |$)/.test(key)));
}

async function talk(client: Actor, network: PodNetwork, host: string): Promise<void> {
  const url = host.includes(':') ? `http://[${host}]/` : `http://${host}/`;
  await client.do('httpGet', { url, times: 20 });
  await client.do('httpGet', { url, times: 20, keepAlive: true });
  await client.do('tcpConnect', { host, port: 8, sendBytes: 2_000_000, receiveBytes: 2_000_000 });
  await client.do('tcpConnect', { host, port: 8, end: 'reset' });
  await client.do('tcpConnect', { host, port: 4_444 });
  await client.do('udpSend', { host, port: 5_000, count: 500, bytes: 700, answers: 500, waitMs: 3_000 });
  await client.do('udpSend', { host, port: 5_001, count: 1, waitMs: 50 });
  await client.do('dnsAsk', { server: host, name: 'web.shop' });
  await client.do('dnsAsk', { server: host, name: 'missing.shop', tcp: true });
  const ping = host.includes(':') ? 'ping6' : 'ping';
  await network.execute('busybox', [ping, '-c', '5', '-i', '0.2', '-s', '300', host]);
}

t.test('pods of a real runtime talk: every packet and byte as an independent tcpdump has it', async (t) => {
  const pods = await RealPods.start();
  t.teardown(() => pods.end());
  const { rig, aggregator, agent } = pods;
  const web = await pods.run({ name: 'web', namespace: 'shop' });
  const client = await pods.run({ name: 'client', namespace: 'shop' });
  await rig.runContainer(web.pod, 'httpd', ['httpd', '-f', '-p', '8080']);
  await pods.seen(web, client);
  await pods.seen(client, web);
  const both = [web, client].map((one) => ({ one, apart: new ApartTcpdump(one) }));
  for (const { apart } of both) await apart.listening();

  const [serving, asking] = await Promise.all([Actor.start(web), Actor.start(client)]);
  await serving.do('httpServe', { port: 80, bytes: 20_000 });
  await serving.do('tcpServe', { port: 8, behaviour: 'echo' });
  await serving.do('udpServe', { port: 5_000, echo: true });
  const addresses = web.addresses();
  t.equal(addresses.length, 2, `IPv4 and IPv6: ${addresses}`);
  await serving.do('dnsServe', { names: { 'web.shop': addresses } });
  for (const host of addresses) await talk(asking, client, host);
  // And from one container to the other, with nothing of ours inside.
  const get = `for i in 1 2 3 4 5; do wget -q -O /dev/null http://${web.pod.ip}:8080/bin/busybox; done; sleep 1000`;
  await rig.runContainer(client.pod, 'wget', ['sh', '-c', get]);
  const isOver = ({ pod, peer, state }: Row): boolean =>
    pod === 'client' &&
    peer.endsWith(':8080') &&
    ((state >>> FlowState.closedShift) & FlowState.closedMask) > 0;
  await until('the containers have talked', () => aggregator.rows.filter(isOver).length === 5);

  const theirs = [];
  for (const { one, apart } of both) theirs.push({ one, totals: await apart.stop() });
  t.equal(await agent.stop(), 0);
  for (const { one, totals } of theirs) {
    const ours = totalsOf(aggregator.rows.filter(({ pod }) => pod === one.label));
    const expected = withoutProbes(totals);
    t.strictSame(withoutProbes(ours), expected, one.label);
    const keys = Object.keys(expected);
    for (const kind of ['tcp 10.', 'udp 10.', 'echo 10.', 'tcp fd77', 'udp fd77', 'echo fd77'])
      t.ok(
        keys.some((key) => key.startsWith(kind)),
        `${one.label}: ${kind} came up`,
      );
    t.ok(
      keys.some((key) => key.includes(':8080')),
      'and what containers said',
    );
  }
  t.same(aggregator.report!.lost, [], 'nothing was lost');
  t.same(aggregator.lost, []);
});
