import t from 'tap';
import { makeFlow, makePod } from '../../fakes/flow.js';
import { Exposition } from '../../fakes/page.js';

const labels =
  'src_namespace="shop",src_workload="web",dst_namespace="shop",dst_workload="db",protocol="TCP",dst_port="5432"';
const pods = {
  sourcePod: makePod('web-1', { workload: 'web' }),
  destinationPod: makePod('db-0', { workload: 'db' }),
};

t.test('three windows of one connection', async (t) => {
  const exposition = new Exposition();
  const connection = { slot: 3, ...pods, destinationPort: 5_432 };
  exposition.take(makeFlow({ ...connection, handshakeUs: 700 }));
  exposition.take(
    makeFlow({
      ...connection,
      renamed: false,
      outcomeFinal: false,
      request: { packets: 10, bytes: 1_000, retransmits: 2, lostSegments: 1 },
      reply: { packets: 20, bytes: 50_000, retransmits: 1 },
    }),
  );
  exposition.take(makeFlow({ ...connection, renamed: false, outcomeFinal: false, closed: 2 }));
  const below = ['0.0005'];
  const above = ['0.001', '0.0025', '0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '1', '3', '+Inf'];
  const bucket = (le: string): string => `snoopy_tcp_handshake_seconds_bucket{${labels},le="${le}"}`;
  t.same(await exposition.samples(), {
    [`snoopy_flow_bytes_total{${labels},direction="request"}`]: 1_600,
    [`snoopy_flow_bytes_total{${labels},direction="reply"}`]: 52_400,
    [`snoopy_flow_packets_total{${labels},direction="request"}`]: 16,
    [`snoopy_flow_packets_total{${labels},direction="reply"}`]: 24,
    [`snoopy_connections_total{${labels},outcome="established"}`]: 1,
    [`snoopy_connections_closed_total{${labels},how="reset"}`]: 1,
    ...Object.fromEntries(below.map((le) => [bucket(le), 0])),
    ...Object.fromEntries(above.map((le) => [bucket(le), 1])),
    [`snoopy_tcp_handshake_seconds_sum{${labels}}`]: 0.0007,
    [`snoopy_tcp_handshake_seconds_count{${labels}}`]: 1,
    [`snoopy_tcp_retransmissions_total{${labels}}`]: 3,
    [`snoopy_path_lost_packets_total{${labels}}`]: 1,
  });
});

t.test('all outcomes and ends', async (t) => {
  const exposition = new Exposition();
  for (let outcome = 1; outcome <= 4; outcome++) {
    for (let i = 0; i < outcome; i++) exposition.take(makeFlow({ outcome, closed: outcome }));
  }
  for (const [i, outcome] of ['established', 'refused', 'unreachable', 'timeout'].entries()) {
    t.equal(await exposition.sum('snoopy_connections_total', `outcome="${outcome}"`), i + 1);
  }
  for (const [i, how] of ['fin', 'reset', 'aborted', 'idle'].entries()) {
    t.equal(await exposition.sum('snoopy_connections_closed_total', `how="${how}"`), i + 1);
  }
});

t.test('round trips: one for each record that has one', async (t) => {
  const exposition = new Exposition();
  for (const rttUs of [80, 0, 80, 240_000]) exposition.take(makeFlow({ ...pods, rttUs, renamed: false }));
  t.equal(await exposition.sum('snoopy_tcp_rtt_seconds_count'), 3);
  t.equal(await exposition.sum('snoopy_tcp_rtt_seconds_sum'), 0.24016);
  t.equal(await exposition.sum('snoopy_tcp_rtt_seconds_bucket', 'le="0.00005"'), 0);
  t.equal(await exposition.sum('snoopy_tcp_rtt_seconds_bucket', 'le="0.0001"'), 2);
  t.equal(await exposition.sum('snoopy_tcp_rtt_seconds_bucket', 'le="0.25"'), 3);
});

t.test('DNS: every transaction by its code, times of answers only', async (t) => {
  const exposition = new Exposition();
  const dns = [0, 0, 3, 2, 5, 16, 65_535].map((rcode) => ({
    name: 'x',
    type: 1,
    rcode,
    latencyUs: rcode === 65_535 ? 0 : 2_000,
  }));
  exposition.take(makeFlow({ protocol: 17, destinationPort: 53, outcome: 0, outcomeFinal: false, dns }));
  for (const [rcode, count] of [
    ['NOERROR', 2],
    ['NXDOMAIN', 1],
    ['SERVFAIL', 1],
    ['REFUSED', 1],
    ['other', 1],
    ['NOANSWER', 1],
  ] as const)
    t.equal(await exposition.sum('snoopy_dns_responses_total', `rcode="${rcode}"`), count, rcode);
  t.equal(await exposition.sum('snoopy_dns_seconds_count'), 6);
  t.equal(await exposition.sum('snoopy_dns_seconds_sum'), 0.012);
});

t.test('a slot that gets another connection counts for that one', async (t) => {
  const exposition = new Exposition();
  exposition.take(makeFlow({ slot: 70_000, ...pods }));
  exposition.take(makeFlow({ slot: 70_000, sourcePod: makePod('other-client'), renamed: true }));
  t.equal(await exposition.sum('snoopy_connections_total', 'src_workload="web"'), 1);
  t.equal(await exposition.sum('snoopy_connections_total', 'src_workload="other-client"'), 1);
});
