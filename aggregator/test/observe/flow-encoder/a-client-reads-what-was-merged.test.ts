import { type Flow, FlowState, ObserverClient } from '@snoopy/proto';
import t from 'tap';
import type { MergedFlow } from '../../../src/merge/merged-flow.js';
import { FlowEncoder } from '../../../src/observe/flow-encoder.js';
import { FlowRing } from '../../../src/observe/flow-ring.js';
import { address, makeFlow, makePod, makeView, TIME_US } from '../../fakes/flow.js';

const { responseDeserialize } = ObserverClient.service.GetFlows;

function throughTheWire(...flows: MergedFlow[]): Flow[] {
  const ring = new FlowRing(16);
  const encoder = new FlowEncoder(ring);
  for (const flow of flows) {
    const slot = ring.slotOf(ring.position());
    ring.take(flow);
    encoder.flow(slot);
  }
  const { bytes } = encoder;
  return responseDeserialize(encoder.finish().subarray(0, bytes)).flows;
}

t.test('every field arrives', async (t) => {
  const web = makePod('web-1', {
    labels: { app: 'web', tier: 'front' },
    node: 'n1',
    workload: 'web',
    workloadKind: 'Deployment',
    services: ['web'],
    zone: 'a',
  });
  const dialledService = makePod('', { kind: 'service', services: ['api'] });
  const [flow] = throughTheWire(
    makeFlow({
      timeUs: TIME_US + 123_456,
      durationUs: 4_999_000,
      sourcePod: web,
      dialledService,
      sourceAddress: address('10.1.2.3'),
      destinationAddress: address('20010db8000000000000000000000001'),
      destinationPort: 65_535,
      translation: 3,
      dialled: { differs: true, address: address('10.96.0.10'), port: 443 },
      caller: { differs: true, address: address('20010db8000000000000000000000002'), port: 61_000 },
      outcome: 2,
      closed: 3,
      partial: true,
      serverName: 'shop.example.com',
      handshakeUs: 1_500,
      rttUs: 250,
      request: { retransmits: 3, zeroWindows: 2, lostSegments: 1 },
      reply: { retransmits: 6, zeroWindows: 5, lostSegments: 4 },
      icmp: (3 << 8) | 13,
      syns: 7,
      resetBy: 2,
      resetAfterRequest: 2 ** 33 + 5,
      resetAfterReply: 17,
      views: [
        makeView({
          agent: 'n1',
          epoch: 1.7e15,
          sequence: 2 ** 45,
          state: (3 << FlowState.reasonShift) | FlowState.fromSocket,
          sentPackets: 5,
          sentBytes: 2 ** 40,
          sentPayload: 2 ** 39 + 1,
          sentSegments: 4,
          receivedPackets: 1,
          receivedBytes: 60,
          receivedPayload: 0,
          receivedSegments: 0,
        }),
        makeView({ agent: 'n2', vantage: 2 }),
      ],
      viewCount: 2,
      dns: [{ name: 'db.shop.svc', type: 28, rcode: 3, latencyUs: 2_000 }],
    }),
  );
  const none = {
    packets: 0,
    bytes: 0,
    payloadBytes: 0,
    segments: 0,
    retransmittedSegments: 0,
    zeroWindows: 0,
    lostSegments: 0,
  };
  const view = {
    counted: 'COUNTED_FRAMES',
    reason: 'EMIT_REASON_UNSPECIFIED',
    interface: '',
    sourceIp: '',
    sourcePort: 0,
    destinationIp: '',
    destinationPort: 0,
  };
  t.same(flow, {
    time: { seconds: TIME_US / 1e6, nanos: 123_456_000 },
    durationSeconds: 4.999,
    protocol: 'TCP',
    source: {
      ip: '10.1.2.3',
      port: 40_000,
      namespace: 'shop',
      pod: 'web-1',
      podUid: web.uid,
      labels: { app: 'web', tier: 'front' },
      node: 'n1',
      workload: 'web',
      name: '',
      service: 'web',
      zone: 'a',
      workloadKind: 'Deployment',
      hidden: false,
    },
    destination: {
      ip: '2001:db8::1',
      port: 65_535,
      namespace: '',
      pod: '',
      podUid: '',
      labels: {},
      node: '',
      workload: '',
      name: '',
      service: 'api',
      zone: '',
      workloadKind: '',
      hidden: false,
    },
    initiator: 'INITIATOR_SOURCE',
    opened: true,
    outcome: 'OUTCOME_REFUSED',
    outcomeFinal: true,
    closed: 'CLOSED_ABORTED',
    request: {
      packets: 5,
      bytes: 2 ** 40,
      payloadBytes: 2 ** 39 + 1,
      segments: 4,
      retransmittedSegments: 3,
      zeroWindows: 2,
      lostSegments: 1,
    },
    reply: { ...none, packets: 1, bytes: 60, retransmittedSegments: 6, zeroWindows: 5, lostSegments: 4 },
    handshakeSeconds: 0.0015,
    dns: [{ name: 'db.shop.svc', type: 'AAAA', rcode: 'NXDOMAIN', latencySeconds: 0.002 }],
    views: [
      {
        ...view,
        agent: 'n1',
        epoch: 1.7e15,
        sequence: 2 ** 45,
        vantage: 'VANTAGE_SOURCE',
        counted: 'COUNTED_SOCKETS',
        reason: 'EMIT_REASON_CHANGED',
        sent: { ...none, packets: 5, bytes: 2 ** 40, payloadBytes: 2 ** 39 + 1, segments: 4 },
        received: { ...none, packets: 1, bytes: 60 },
        destinationIp: '10.96.0.10',
        destinationPort: 443,
      },
      {
        ...view,
        agent: 'n2',
        epoch: 1_000,
        sequence: 0,
        vantage: 'VANTAGE_DESTINATION',
        sourceIp: '2001:db8::2',
        sourcePort: 61_000,
        sent: none,
        received: none,
      },
    ],
    partial: true,
    rttSeconds: 0.00025,
    icmpType: 3,
    icmpCode: 13,
    tlsServerName: 'shop.example.com',
    translation: 'TRANSLATION_DNAT_SNAT',
    syns: 7,
    resetBy: 'VANTAGE_DESTINATION',
    resetAfterRequestBytes: 2 ** 33 + 5,
    resetAfterReplyBytes: 17,
  });
});

t.test('the counters are those of the view that counts, whichever end it is of', async (t) => {
  const server = makeView({ vantage: 2, agent: 'n2', sentPackets: 9, sentBytes: 900, receivedPackets: 4 });
  const [both, one, neither] = throughTheWire(
    makeFlow({ views: [makeView({ sentPackets: 5 }), server], viewCount: 2, primary: 2 }),
    makeFlow({ views: [server, server], viewCount: 1, primary: 1 }),
    makeFlow({ views: [server, server], viewCount: 1, primary: 0 }),
  );
  for (const flow of [both, one])
    t.match(flow, { request: { packets: 4, bytes: 0 }, reply: { packets: 9, bytes: 900 } });
  t.match(neither, { request: { packets: 0 }, reply: { packets: 0 }, views: [{ sent: { packets: 9 } }] });
});

t.test('a flow of several records has the sum that counts, and each record as a view', async (t) => {
  const view = (agent: string, vantage: number, sequence: number, sentPackets: number) =>
    makeView({ agent, vantage, sequence, sentPackets, state: FlowState.fromSocket });
  const sum = view('n2', 2, 0, 9);
  const seen = [view('n1', 1, 7, 3), view('n2', 2, 8, 4), view('n2', 2, 9, 5), view('n3', 3, 4, 1)];
  const folded = makeFlow({
    views: [...seen, sum],
    viewCount: 4,
    folded: true,
    primary: 2,
    dialled: { differs: true, address: address('10.96.0.10'), port: 443 },
  });
  folded.counted = folded.views[4]!.at;
  const [flow, nothing, next] = throughTheWire(
    folded,
    makeFlow({ views: [seen[1]!, seen[2]!], viewCount: 2, folded: true, primary: 0 }),
    makeFlow({ views: [seen[0]!, makeView()], viewCount: 1 }),
  );
  t.match(flow, { request: { packets: 0 }, reply: { packets: 9 } });
  t.match(
    flow!.views.map(({ agent, vantage, sequence, sent, counted, destinationIp }) => [
      agent,
      vantage,
      sequence,
      sent?.packets,
      counted,
      destinationIp,
    ]),
    [
      ['n1', 'VANTAGE_SOURCE', 7, 3, 'COUNTED_SOCKETS', '10.96.0.10'],
      ['n2', 'VANTAGE_DESTINATION', 8, 4, 'COUNTED_SOCKETS', ''],
      ['n2', 'VANTAGE_DESTINATION', 9, 5, 'COUNTED_SOCKETS', ''],
      ['n3', 'VANTAGE_HOP', 4, 1, 'COUNTED_SOCKETS', '10.96.0.10'],
    ],
  );
  t.equal(flow!.views.length, 4);
  t.match(nothing, { request: { packets: 0 }, reply: { packets: 0 } });
  t.equal(nothing!.views.length, 2);
  t.match(next, { request: { packets: 3 }, views: [{ sequence: 7 }] });
});

t.test('what is rare: nobody known, no ports, odd protocols, unknown DNS numbers', async (t) => {
  const [icmp, gre, dns] = throughTheWire(
    makeFlow({ protocol: 58, icmp: (128 << 8) | 1, initiatorKnown: false, outcome: 0, opened: false }),
    makeFlow({ protocol: 47, views: [makeView(), makeView()], viewCount: 0 }),
    makeFlow({ protocol: 17, dns: [{ name: 'x', type: 65_280, rcode: 65_535, latencyUs: 0 }] }),
  );
  t.match(icmp, {
    protocol: 'ICMPv6',
    icmpType: 128,
    icmpCode: 1,
    initiator: 'INITIATOR_UNSPECIFIED',
    outcome: 'OUTCOME_UNSPECIFIED',
    source: { port: 0 },
    destination: { port: 0 },
  });
  t.match(gre, { protocol: '47', views: [] });
  t.same(dns!.dns, [{ name: 'x', type: 'TYPE65280', rcode: 'NOANSWER', latencySeconds: 0 }]);
});

t.test('long and foreign texts arrive whole', async (t) => {
  const labels = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`key-${i}`, 'ü'.repeat(60)]));
  const big = makePod('p'.repeat(253), { labels, namespace: '名前'.repeat(40), workload: '\u{1f600}' });
  const names = Array.from({ length: 400 }, (_, i) => ({
    name: `${'n'.repeat(240)}.${i}`,
    type: 1,
    rcode: 0,
    latencyUs: 1,
  }));
  const flows = throughTheWire(
    ...Array.from({ length: 9 }, () => makeFlow({ sourcePod: big, destinationPod: big, dns: names })),
  );
  t.equal(flows.length, 9);
  t.same(flows[8]!.source!.labels, labels);
  t.equal(flows[8]!.destination!.namespace, big.namespace);
  t.equal(flows[8]!.source!.workload, '\u{1f600}');
  t.same(
    flows[8]!.dns.map((one) => one.name),
    names.map((one) => one.name),
  );
});
