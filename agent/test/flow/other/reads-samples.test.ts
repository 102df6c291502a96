import t from 'tap';
import { Ingest } from '../../../src/capture/ingest.js';
import { FlowTable } from '../../../src/flow/flow-table.js';
import { readSample } from '../../samples/samples.js';
import { drainAll, type Row } from '../rows.js';

/** Flows of a real capture, as the pod 10.9.0.1, fd09::1 saw them; read in pieces of `step` bytes. */
function flows(sample: string, step = 65_536): Row[] {
  const table = new FlowTable({ memoryBytes: 4 << 20, seed: 1 });
  const pod = { uid: 'u', namespace: 'n', name: 'pod' };
  const v6 = Uint8Array.of(0xfd, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
  const capture = table.addCapture({ pod, interface: 'eth0', addresses: [Uint8Array.of(10, 9, 0, 1), v6] });
  const ingest = new Ingest(table, capture);
  const bytes = readSample(sample);
  for (let at = 0; at < bytes.length; at += step) ingest.push(bytes.subarray(at, at + step));
  table.shutdown();
  const { records, observed, errors } = ingest.counters;
  t.equal(
    records,
    observed + errors.reduce((sum, count) => sum + count, 0),
    `${sample}: every record is accounted for`,
  );
  return drainAll(table, ingest.lastUs);
}

function by(rows: readonly Row[], protocol: string): Row[] {
  return rows.filter((row) => row.protocol === protocol);
}

t.test('DNS over UDP: name, type, code, latency', async (t) => {
  const dns = flows('dns-udp').flatMap((row) => row.dns);
  t.match(dns.map(({ name, type, rcode }) => [name, type, rcode]).sort(), [
    ['.', 2, 0],
    ['_http._tcp.shop.example', 33, 0],
    [/^a{63}\.b{63}\./, 1, 0],
    ['badvers.example', 16, 16],
    ['nothing.invalid', 1, 3],
    ['six.example', 28, 0],
    ['six.example', 28, 0],
    ['web.shop.example', 1, 0],
    ['web.shop.example', 28, 0],
  ]);
  t.ok(dns.every(({ latencyUs }) => latencyUs > 10 && latencyUs < 1_000));
});

t.test('DNS over TCP: one connection, three transactions', async (t) => {
  for (const step of [65_536, 1, 333]) {
    const rows = by(flows('dns-tcp', step), 'tcp');
    t.equal(rows.length, 2, 'one for each IP version');
    for (const row of rows) {
      t.match(row, { outcome: 'established', closed: 'fin', initiator: 'local', opened: true });
      t.match(row.dns.map(({ name, rcode }) => [name, rcode]).sort(), [
        ['nothing.invalid', 3],
        ['web.shop.example', 0],
        ['web.shop.example', 0],
      ]);
    }
  }
});

t.test('fragments belong to the flow of their first', async (t) => {
  const rows = flows('fragments');
  const udp = by(rows, 'udp');
  t.equal(udp.length, 2);
  for (const row of udp)
    t.match(row, { peerPort: 5_000, sent: { packets: 3, payload: 4_000 }, outcome: 'unreachable' });
  const echo = rows.filter((row) => row.peerPort === 8 << 8 || row.peerPort === 128 << 8);
  t.match(
    echo.map((row) => [row.sent.packets, row.received.packets]),
    [
      [6, 6],
      [6, 6],
    ],
  );
});

t.test('ICMP: an echo is one flow, errors have their own and say what they did to others', async (t) => {
  const rows = flows('icmp');
  for (const [protocol, request, prohibited, port] of [
    ['icmp', 8, 0x030a, 0x0303],
    ['icmpv6', 128, 0x0101, 0x0104],
  ] as const) {
    const v6 = protocol === 'icmpv6';
    const own = by(rows, protocol).filter((row) => row.peer.includes(':') === v6);
    const echo = own.find((row) => row.peerPort === request << 8);
    t.match(echo, { initiator: 'local', opened: true, sent: { packets: 2 }, received: { packets: 2 } });
    t.equal(echo?.extras.icmp, request << 8);
    t.ok(echo!.localPort > 0, 'the identifier');
    const error = own.find((row) => row.localPort === port);
    t.match(error, { initiator: 'peer', peerPort: 0, received: { packets: 1 }, outcome: 'none' });
    const about = rows.filter((row) => row.outcome === 'unreachable' && row.peer.includes(':') === v6);
    t.match(about.map((row) => [row.protocol, row.peerPort, row.extras.icmp, row.final]).sort(), [
      ['tcp', 81, prohibited, true],
      ['udp', 7, port, true],
      ['udp', 82, prohibited, true],
    ]);
  }
});

t.test('every sample can be read byte by byte, with the same flows', async (t) => {
  for (const sample of ['tcp', 'udp', 'icmp', 'sctp', 'fragments', 'vlan', 'cooked'])
    t.same(flows(sample, 7), flows(sample), sample);
});
