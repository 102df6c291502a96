import { Net } from '@snoopy/scripts/rig/netns';
import { Actor } from '@snoopy/scripts/rig/traffic';
import t from 'tap';
import { LiveWatch } from './live-watch.js';

/*
 * Real traffic in real namespaces, watched at both ends; packets and bytes of each connection and direction must be
 * those that an independent tcpdump wrote, as tshark counts them. About 8 s.
 */

const net = new Net();
const bridge = net.bridge();
const client = bridge.join(net.namespace('client'));
const server = bridge.join(net.namespace('server'));
const watches = await Promise.all([LiveWatch.start(client), LiveWatch.start(server)]);
t.teardown(() => {
  for (const watch of watches) watch.close();
  net.close();
});

const [asking, serving] = await Promise.all([Actor.start(client), Actor.start(server)]);
await serving.do('httpServe', { port: 80, bytes: 20_000 });
await serving.do('tcpServe', { port: 7, behaviour: 'echo' });
await serving.do('tcpServe', { port: 8, behaviour: 'echo' });
const EVERY_NINTH = ['-m', 'statistic', '--mode', 'nth', '--every', '9', '--packet', '5'];
server.firewall('-A', 'INPUT', '-p', 'tcp', '--dport', '8', ...EVERY_NINTH, '-j', 'DROP');
await serving.do('tcpServe', { port: 9, behaviour: 'reset' });
await serving.do('udpServe', { port: 5_000, echo: true });
await serving.do('dnsServe', {
  names: { 'web.shop': [bridge.v4(server), bridge.v6(server)] },
  silent: ['quiet.shop'],
});

for (const host of [bridge.v4(server), bridge.v6(server)]) {
  const url = host.includes(':') ? `http://[${host}]/` : `http://${host}/`;
  await asking.do('httpGet', { url, times: 20 });
  await asking.do('httpGet', { url, times: 20, keepAlive: true });
  await asking.do('tcpConnect', { host, port: 7, sendBytes: 3_000_000, receiveBytes: 3_000_000 });
  await asking.do('tcpConnect', { host, port: 8, sendBytes: 500_000, receiveBytes: 500_000 });
  await asking.do('tcpConnect', { host, port: 7, end: 'reset' });
  await asking.do('tcpConnect', { host, port: 9, sendBytes: 10, receiveBytes: 1 });
  await asking.do('tcpConnect', { host, port: 4_444 });
  await asking.do('udpSend', { host, port: 5_000, count: 500, bytes: 700, answers: 500 });
  await asking.do('udpSend', { host, port: 5_001, count: 1, waitMs: 50 });
  await asking.do('dnsAsk', { server: host, name: 'web.shop' });
  await asking.do('dnsAsk', { server: host, name: 'missing.shop', tcp: true });
}
await Promise.all(watches.map((watch) => watch.stop()));

for (const watch of watches) {
  t.test(`at the ${watch.namespace.label}`, async (t) => {
    const ours = watch.ours();
    t.ok(ours.size > 100, `${ours.size} directions`);
    t.strictSame(Object.fromEntries(ours), Object.fromEntries(watch.theirs()));
    t.equal(watch.ingest.error, 0);
    const { counters } = watch.table;
    t.equal(counters.seenPackets, counters.emittedPackets);
    t.equal(counters.lostPackets, 0);

    const finals = watch.rows.filter((row) => row.final && row.protocol === 'tcp');
    const of = (port: number): string[] => [
      ...new Set(
        finals.filter((row) => row.peerPort === port || row.localPort === port).map((row) => row.outcome),
      ),
    ];
    t.same(of(80), ['established']);
    t.same(of(4_444), ['refused']);
    const attempts = 2 * (20 + 1 + 1 + 1 + 1 + 1 + 1 + 1);
    t.equal(finals.length, attempts, 'each attempt has one outcome');
    t.equal(watch.rows.filter((row) => row.opened && row.protocol === 'tcp').length, attempts);
    const closed = watch.rows.filter((row) => row.closed !== 'none');
    t.equal(closed.length, attempts - 2, 'each established connection has one end');
    const ends = (port: number): string[] => [
      ...new Set(
        closed.filter((row) => row.peerPort === port || row.localPort === port).map((row) => row.closed),
      ),
    ];
    t.same(ends(80), ['fin']);
    t.same(ends(9), ['aborted']);
    t.same(ends(7).sort(), ['fin', 'reset']);
    const lossy = watch.rows.filter((row) => row.localPort === 8 || row.peerPort === 8);
    const again = lossy.reduce(
      (sum, row) => sum + (row.extras.sentRetransmits ?? 0) + (row.extras.receivedRetransmits ?? 0),
      0,
    );
    t.ok(again > 0, `${again} segments were sent again`);
    const unreachable = watch.rows.filter((row) => row.final && row.protocol === 'udp');
    t.match(
      unreachable.map((row) => row.outcome),
      ['unreachable', 'unreachable'],
    );
    t.same(watch.rows.flatMap((row) => row.dns.map(({ name, rcode }) => `${name} ${rcode}`)).sort(), [
      'missing.shop 3',
      'missing.shop 3',
      'web.shop 0',
      'web.shop 0',
    ]);
  });
}

t.test('both ends know the same connections by the same numbers', async (t) => {
  const numbers = watches.map((watch) =>
    watch.rows
      .filter((row) => row.final && row.protocol === 'tcp')
      .map((row) => `${row.clientIsn} ${row.serverIsn}`)
      .sort(),
  );
  t.same(numbers[0], numbers[1]);
});
