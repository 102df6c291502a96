import t from 'tap';
import { makeFlow, makePod } from '../../fakes/flow.js';
import { Exposition } from '../../fakes/page.js';

const server = makePod('server');

t.test('a port is a label once the pod has answered there', async (t) => {
  const exposition = new Exposition();
  const attempt = { slot: 1, destinationPod: server, destinationPort: 7_777 };
  exposition.take(makeFlow({ ...attempt, outcome: 0, outcomeFinal: false, reply: { packets: 0 } }));
  exposition.take(makeFlow({ ...attempt, renamed: false }));
  exposition.take(makeFlow({ ...attempt, slot: 2, outcome: 0, outcomeFinal: false }));
  t.equal(await exposition.sum('snoopy_flow_packets_total', 'dst_port="other",direction="request"'), 3);
  t.equal(await exposition.sum('snoopy_flow_packets_total', 'dst_port="7777",direction="request"'), 6);
  t.equal(
    await exposition.sum('snoopy_connections_total', 'dst_port="7777"'),
    1,
    'the attempt itself included',
  );
});

t.test('UDP: an answer is a packet back', async (t) => {
  const exposition = new Exposition();
  const udp = {
    slot: 1,
    protocol: 17,
    outcome: 0,
    outcomeFinal: false,
    destinationPod: server,
    destinationPort: 9_999,
  };
  exposition.take(makeFlow({ ...udp, reply: { packets: 0, bytes: 0 } }));
  exposition.take(makeFlow({ ...udp, renamed: false }));
  t.equal(await exposition.sum('snoopy_flow_packets_total', 'dst_port="9999",direction="reply"'), 2);
});

t.test('a port scan makes no series', async (t) => {
  const exposition = new Exposition();
  for (let port = 28_000; port < 48_000; port++) {
    exposition.take(
      makeFlow({
        slot: port,
        destinationPod: server,
        destinationPort: port,
        outcome: 2,
        reply: { packets: 1 },
      }),
    );
  }
  t.equal(exposition.metrics.edges.count, 3);
  t.equal(await exposition.sum('snoopy_connections_total', 'dst_port="other",outcome="refused"'), 20_000);
});

t.test('one that answers everywhere gets 32 of them, the rest is other', async (t) => {
  const exposition = new Exposition();
  for (let port = 30_000; port < 32_000; port++) {
    exposition.take(makeFlow({ slot: port, destinationPod: server, destinationPort: port }));
  }
  const series = Object.keys(await exposition.samples()).filter((s) =>
    s.startsWith('snoopy_connections_total'),
  );
  t.equal(series.length, 33);
  t.equal(await exposition.sum('snoopy_connections_total'), 2_000);
});

t.test('the world has well-known ports only, and ICMP has none', async (t) => {
  const exposition = new Exposition();
  exposition.take(makeFlow({ slot: 1, sourcePod: server, destinationPort: 443 }));
  exposition.take(makeFlow({ slot: 2, sourcePod: server, destinationPort: 4_567 }));
  exposition.take(makeFlow({ slot: 3, sourcePod: server, protocol: 1, outcome: 0, outcomeFinal: false }));
  const world = 'dst_namespace="",dst_workload="world"';
  t.equal(await exposition.sum('snoopy_connections_total', `${world},protocol="TCP",dst_port="443"`), 1);
  t.equal(await exposition.sum('snoopy_connections_total', `${world},protocol="TCP",dst_port="other"`), 1);
  t.equal(await exposition.sum('snoopy_flow_packets_total', `${world},protocol="ICMP",dst_port=""`), 5);
});

t.test('who began is unknown: no port is learned', async (t) => {
  const exposition = new Exposition();
  exposition.take(makeFlow({ destinationPod: server, destinationPort: 51_234, initiatorKnown: false }));
  t.equal(await exposition.sum('snoopy_connections_total', 'dst_port="other"'), 1);
});
