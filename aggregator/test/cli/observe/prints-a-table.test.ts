import t from 'tap';
import { answering, FakeAggregator, flow, view } from '../../fakes/fake-aggregator.js';
import { snoopyInProcess } from '../../fakes/in-process.js';
import { snoopyOnTerminal } from '../../fakes/snoopy-process.js';

const flows = [
  flow({ opened: true, outcomeFinal: true, handshakeSeconds: 0.000_42, rttSeconds: 0.031 }),
  flow({
    outcome: 'OUTCOME_REFUSED',
    outcomeFinal: true,
    reply: { packets: 1, bytes: 54 },
    views: [view(3)],
  }),
  flow({
    closed: 'CLOSED_ABORTED',
    partial: true,
    request: { packets: 3, bytes: 180, retransmittedSegments: 2 },
  }),
  flow({
    protocol: 'UDP',
    outcome: 'OUTCOME_UNSPECIFIED',
    opened: true,
    destination: { ip: '10.0.0.53', port: 53 },
    dns: [{ name: 'nowhere.shop', type: 'A', rcode: 'NXDOMAIN', latencySeconds: 0.0012 }],
  }),
  flow({
    source: { ip: 'fd77::1', port: 5_000 },
    destination: { ip: '203.0.113.9', port: 443, name: 'example.com' },
    outcome: 'OUTCOME_TIMEOUT',
    outcomeFinal: true,
    reply: {},
  }),
];

t.test('a line for each flow, in columns', async (t) => {
  const { code, stdout, stderr, requests } = await snoopyInProcess(['observe'], { flows: [{ flows }] });
  t.strictSame([code, stderr], [0, '']);
  t.match(requests, [
    {
      last: 20,
      follow: false,
      include: [],
      exclude: [{ protocols: ['icmpv6'], cidrs: ['fe80::/10', 'ff02::/16'] }],
    },
  ]);
  const [header, ...lines] = stdout.trimEnd().split('\n');
  t.match(header, /^TIME +SOURCE +DESTINATION +PROTO +STATE +SENT +RECEIVED +DETAIL$/);
  t.strictSame(lines, [
    '08:00:00.123 shop/web-1:41234         → shop/api-1:8080          TCP   established 12p 3.4kB 10p 56kB handshake 420 µs, rtt 31 ms',
    '08:00:00.123 shop/web-1:41234         → shop/api-1:8080          TCP   refused     12p 3.4kB 1p 54B   by an RST [one end only]',
    '08:00:00.123 shop/web-1:41234         → shop/api-1:8080          TCP   aborted     3p 180B   10p 56kB retransmitted 2 [partial]',
    '08:00:00.123 shop/web-1:41234         → 10.0.0.53:53             UDP   opened      12p 3.4kB 10p 56kB A nowhere.shop NXDOMAIN 1.2 ms',
    '08:00:00.123 [fd77::1]:5000           → example.com:443 (203.0.113.9) TCP   timeout     12p 3.4kB -',
  ]);
});

t.test('what a NAT made of the ends stands beside them', async (t) => {
  const natted = flow({
    translation: 'TRANSLATION_DNAT_SNAT',
    views: [
      { ...view(1), destinationIp: '10.96.0.10', destinationPort: 80 },
      { ...view(2), sourceIp: 'fd00::1', sourcePort: 61_000 },
    ],
  });
  const { stdout } = await snoopyInProcess(['observe'], { flows: [{ flows: [natted] }] });
  t.match(stdout, 'shop/web-1:41234 (as [fd00::1]:61000) → shop/api-1:8080 (via 10.96.0.10:80) TCP');
});

t.test('colours on a terminal, unless NO_COLOR says no', async (t) => {
  const server = await FakeAggregator.start({ flows: answering({ flows }) });
  t.teardown(() => server.stop());
  const args = ['observe', '--server', server.address];
  const coloured = await snoopyOnTerminal(args);
  t.match(coloured.screen, /\u001b\[31mrefused +\u001b\[0m/);
  const plain = await snoopyOnTerminal(args, { NO_COLOR: '1' });
  t.notMatch(plain.screen, /\u001b\[\d+m/);
  t.match(plain.screen, /refused/);
});

t.test('text of strangers cannot move the cursor or turn the line around', async (t) => {
  const evil = 'a\u001b[2J\u0007\n\u009b1m\u202ex';
  const flows = [
    {
      flows: [
        flow({
          protocol: evil,
          source: { ip: evil, port: 1, namespace: evil, pod: evil, workload: evil },
          destination: { ip: evil, name: evil },
          dns: [{ name: evil, type: evil, rcode: evil }],
        }),
      ],
      lost: [{ node: evil, stage: evil, reason: evil, count: 3, unit: 'LOSS_UNIT_RECORDS' as const }],
    },
  ];
  const { stdout, stderr } = await snoopyInProcess(['observe'], { flows });
  t.notMatch(stdout + stderr, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  t.equal(stdout.split('\n').length, 3);
  t.match(stderr, /^snoopy: lost 3 records/);
  const json = await snoopyInProcess(['observe', '-o', 'json'], { flows });
  t.notMatch(json.stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  t.equal(
    (JSON.parse(json.stdout.split('\n')[1]!) as { protocol: string }).protocol,
    evil,
    'JSON keeps what was there',
  );
});

t.test('what was lost is said on standard error, and who was too slow', async (t) => {
  const lost = [
    { node: '', stage: 'subscriber', reason: 'slow', count: 1_234, unit: 'LOSS_UNIT_RECORDS' },
    { node: 'node-a', stage: 'kernel_ring', reason: 'full', count: 5, unit: 'LOSS_UNIT_PACKETS' },
  ] as const;
  const { stderr } = await snoopyInProcess(['observe'], { flows: [{ flows, lost: [...lost] }] });
  t.equal(
    stderr,
    'snoopy: lost 1,234 records: this reader was too slow (slow)\nsnoopy: lost 5 packets (node-a, kernel_ring, full)\n',
  );
});

t.test('when nothing matches, it says why', async (t) => {
  const status = { hints: ['No agent is connected: start one.'] };
  const { code, stdout, stderr, statusRequests } = await snoopyInProcess(['observe', '-n', 'shop'], {
    status,
  });
  t.strictSame([code, stdout], [0, '']);
  t.equal(stderr, 'snoopy: nothing matches so far.\nsnoopy: No agent is connected: start one.\n');
  t.strictSame(statusRequests, [[{ namespaces: ['shop'] }]]);
});
