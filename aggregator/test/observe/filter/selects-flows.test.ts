import t from 'tap';
import type { MergedFlow } from '../../../src/merge/merged-flow.js';
import { compileFilters } from '../../../src/observe/filter/flow-filter.js';
import { FlowRing } from '../../../src/observe/flow-ring.js';
import { address, makeFlow, makePod } from '../../fakes/flow.js';
import { makeFilter } from '../../fakes/query.js';

const web = makePod('web-7f', { labels: { app: 'web', tier: 'front' } });
const db = makePod('db-0', { labels: { app: 'db' }, namespace: 'data' });

const flows: Record<string, MergedFlow> = {
  webToDb: makeFlow({ sourcePod: web, destinationPod: db, destinationPort: 5_432, outcome: 1 }),
  webOut: makeFlow({
    serverName: 'api.example.com',
    sourcePod: web,
    destinationAddress: address('1.2.3.4'),
    destinationPort: 443,
    outcome: 4,
  }),
  dns: makeFlow({
    sourcePod: db,
    protocol: 17,
    destinationPort: 53,
    outcome: 0,
    dns: [
      { name: 'api.example.com', type: 1, rcode: 0, latencyUs: 1 },
      { name: 'nope.shop', type: 1, rcode: 3, latencyUs: 1 },
    ],
  }),
  ping6: makeFlow({
    protocol: 58,
    sourceAddress: address('20010db8000000000000000000000001'),
    destinationAddress: address('20010db8000000000000000000000035'),
    sourcePort: 80,
    destinationPort: 443,
    outcome: 0,
  }),
};

const ring = new FlowRing(4);
for (const flow of Object.values(flows)) ring.take(flow);

t.test('a flow through a NAT is found by what either view calls its ends', (t) => {
  const natted = new FlowRing(4);
  natted.take(
    makeFlow({
      destinationPort: 5_432,
      translation: 3,
      dialled: { differs: true, address: address('10.96.0.10'), port: 80 },
      caller: { differs: true, address: address('10.9.0.1'), port: 61_000 },
    }),
  );
  const found = (filter: Parameters<typeof makeFilter>[0]): boolean =>
    compileFilters([makeFilter(filter)], [])(natted, 0);
  for (const cidr of ['10.96.0.10', '10.9.0.0/24', '10.0.0.1', '10.0.0.2'])
    t.ok(found({ cidrs: [cidr] }), cidr);
  for (const port of [80, 5_432, 40_000, 61_000]) t.ok(found({ ports: [port] }), `${port}`);
  t.notOk(found({ cidrs: ['10.96.0.11'] }));
  t.notOk(found({ ports: [81] }));
  t.end();
});

function select(
  include: Parameters<typeof makeFilter>[0][],
  exclude: Parameters<typeof makeFilter>[0][] = [],
): string[] {
  const matches = compileFilters(include.map(makeFilter), exclude.map(makeFilter));
  return Object.keys(flows).filter((_, slot) => matches(ring, slot));
}

const all = Object.keys(flows);

for (const [what, filter, expected] of [
  ['nothing set', {}, all],
  ['a namespace of either end', { namespaces: ['data'] }, ['webToDb', 'dns']],
  ['one of two namespaces', { namespaces: ['data', 'shop'] }, ['webToDb', 'webOut', 'dns']],
  ['a pod', { pods: ['web-7f'] }, ['webToDb', 'webOut']],
  ['a part of a name is not the name', { pods: ['web'] }, []],
  ['the beginning of a name', { pods: ['db-*'] }, ['webToDb', 'dns']],
  ['any pod', { pods: ['*'] }, ['webToDb', 'webOut', 'dns']],
  ['a selector', { selector: 'app=web,tier!=back' }, ['webToDb', 'webOut']],
  ['a selector of absence matches pods, not outsiders', { selector: '!tier' }, ['webToDb', 'dns']],
  ['namespace and selector mean the same end', { namespaces: ['data'], selector: 'app=web' }, []],
  ['an address', { cidrs: ['1.2.3.4'] }, ['webOut']],
  ['a server name of TLS', { tlsNames: ['*.Example.com'] }, ['webOut']],
  ['a range', { cidrs: ['10.0.0.0/30'] }, ['webToDb', 'webOut', 'dns']],
  ['a range to the bit', { cidrs: ['10.0.0.2/32'] }, ['webToDb', 'dns']],
  ['all of IPv4', { cidrs: ['0.0.0.0/0'] }, ['webToDb', 'webOut', 'dns']],
  ['all of IPv6 only', { cidrs: ['::/0'] }, ['ping6']],
  ['an IPv6 range that ends within a word', { cidrs: ['2001:db8::30/126'] }, []],
  ['and one bit more', { cidrs: ['2001:db8::30/125'] }, ['ping6']],
  ['a port of either end', { ports: [443, 53] }, ['webOut', 'dns']],
  ['a source port', { ports: [40_000] }, ['webToDb', 'webOut', 'dns']],
  ['a protocol by name in any case', { protocols: ['Udp'] }, ['dns']],
  ['a protocol by number', { protocols: ['58', '17'] }, ['dns', 'ping6']],
  ['outcomes', { outcomes: ['OUTCOME_TIMEOUT', 'OUTCOME_ESTABLISHED'] }, ['webToDb', 'webOut']],
  ['the undecided', { outcomes: ['OUTCOME_UNSPECIFIED'] }, ['dns', 'ping6']],
  ['a DNS name', { dnsNames: ['NOPE.shop.'] }, ['dns']],
  ['a DNS pattern', { dnsNames: ['*.example.com'] }, ['dns']],
  ['a DNS pattern with its star inside', { dnsNames: ['api.*.com'] }, ['dns']],
  ['a DNS pattern that is not there', { dnsNames: ['*.example'] }, []],
  ['fields join by and', { pods: ['web-7f'], ports: [443] }, ['webOut']],
] as const)
  t.test(what, async (t) => {
    t.same(select([filter as never]), expected);
    t.same(
      select([], [filter as never]),
      all.filter((name) => !(expected as readonly string[]).includes(name)),
      'excluded, the others stay',
    );
  });

t.test('filters join by or, and exclusion wins', async (t) => {
  t.same(select([{ ports: [53] }, { ports: [5_432] }]), ['webToDb', 'dns']);
  t.same(select([{ namespaces: ['shop', 'data'] }], [{ protocols: ['udp'] }, { ports: [443] }]), ['webToDb']);
});

t.test('a pod that changes its labels is asked anew', async (t) => {
  const matches = compileFilters([makeFilter({ selector: 'app=web' })], []);
  const one = new FlowRing(2);
  one.take(makeFlow({ sourcePod: web }));
  one.take(makeFlow({ sourcePod: { ...web, labels: {} } }));
  t.same([matches(one, 0), matches(one, 1)], [true, false]);
});
