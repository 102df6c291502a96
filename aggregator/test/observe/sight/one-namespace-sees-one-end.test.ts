import { type Flow, ObserverClient } from '@snoopy/proto';
import t from 'tap';
import { onlyNamespaces } from '../../../src/access/scope.js';
import type { MergedFlow } from '../../../src/merge/merged-flow.js';
import { FlowEncoder } from '../../../src/observe/flow-encoder.js';
import { FlowRing } from '../../../src/observe/flow-ring.js';
import { readQuery } from '../../../src/observe/flows-query.js';
import { address, makeFlow, makePod, makeView } from '../../fakes/flow.js';
import { makeFilter, makeRequest } from '../../fakes/query.js';
import type { SeenView } from '../../fakes/views.js';

const { responseDeserialize } = ObserverClient.service.GetFlows;
const web = makePod('web', { namespace: 'shop', node: 'n1' });
const db = makePod('db', {
  namespace: 'billing',
  labels: { secret: 'label' },
  node: 'n2',
  services: ['ledger'],
  zone: 'z2',
});
const ledger = makePod('', { kind: 'service', namespace: 'billing', services: ['ledger'] });
const node = makePod('', { kind: 'node', namespace: '', workload: 'node/n9' });
const site = makePod('', { kind: 'name', namespace: '', workload: 'example.com' });

/** What somebody who may see `shop` gets of a flow. */
function seen(flow: MergedFlow, request: Parameters<typeof makeRequest>[0] = {}): Flow | undefined {
  const ring = new FlowRing(16);
  ring.take(flow);
  const { sight, matches } = readQuery(makeRequest(request), onlyNamespaces(['shop']));
  if (!matches(ring, 0)) return undefined;
  const encoder = new FlowEncoder(ring);
  encoder.flow(0, sight);
  const { bytes } = encoder;
  return responseDeserialize(encoder.finish().subarray(0, bytes)).flows[0];
}

const ends = {
  sourcePod: web,
  sourceAddress: address('10.0.0.1'),
  sourcePort: 40_000,
  destinationPod: db,
  destinationAddress: address('10.0.0.2'),
  destinationPort: 5_432,
  dialledService: ledger,
  dialled: { differs: true, address: address('10.96.0.5'), port: 5_433 },
  caller: { differs: true, address: address('10.0.9.9'), port: 61_000 },
  viewCount: 2,
  views: [makeView({ agent: 'n1', vantage: 1 }), makeView({ agent: 'n2', vantage: 2 })] as [
    SeenView,
    SeenView,
  ],
} satisfies Parameters<typeof makeFlow>[0];
const out = makeFlow(ends);

t.test('the own end is told, of the other the port alone, wherever its name could be', async (t) => {
  const flow = seen(out)!;
  t.match(flow.source, { ip: '10.0.0.1', pod: 'web', node: 'n1', hidden: false });
  t.match(flow.destination, { ip: '', port: 5_432, pod: '', labels: {}, service: '', hidden: true });
  t.match(flow.views, [{ agent: 'n1', destinationIp: '10.96.0.5', destinationPort: 5_433 }]);
  t.equal(flow.views.length, 1);
  const text = JSON.stringify(flow);
  for (const secret of ['billing', 'db', 'secret', 'n2', 'z2', 'ledger', '10.0.0.2', '10.0.9.9'])
    t.notOk(text.includes(`"${secret}"`), secret);
});

t.test('the same the other way round', async (t) => {
  const back = makeFlow({
    ...ends,
    sourcePod: db,
    sourceAddress: address('10.0.0.2'),
    destinationPod: web,
    destinationAddress: address('10.0.0.1'),
  });
  const flow = seen(back)!;
  t.match(flow.source, { ip: '', pod: '', hidden: true, port: 40_000 });
  t.match(flow.destination, { ip: '10.0.0.1', pod: 'web', hidden: false });
  t.match(
    flow.views,
    [{ agent: 'n2', sourceIp: '10.0.9.9', destinationIp: '' }],
    'whom its own end took for the client',
  );
});

t.test('flows of other namespaces are not there', async (t) => {
  t.equal(seen(makeFlow({ sourcePod: db, destinationPod: db })), undefined);
  t.equal(seen(makeFlow({ sourcePod: db, destinationPod: site })), undefined);
  t.equal(seen(makeFlow({})), undefined, 'nor those that nobody knows an end of');
});

t.test('addresses outside are kept, with their names; nodes have none', async (t) => {
  const destinationAddress = address('93.184.216.34');
  const outside = seen(makeFlow({ sourcePod: web, destinationPod: site, destinationAddress }))!;
  t.match(outside.destination, { ip: '93.184.216.34', workload: 'example.com', hidden: false });
  const toNode = seen(makeFlow({ sourcePod: web, destinationPod: node, destinationAddress }))!;
  t.match(toNode.destination, { ip: '93.184.216.34', workload: '', hidden: false });
});

t.test('no filter finds out what is hidden', async (t) => {
  const told = [
    { namespaces: ['billing'] },
    { pods: ['db'] },
    { pods: ['d*'] },
    { selector: 'secret=label' },
    { cidrs: ['10.0.0.2'] },
    { cidrs: ['10.0.9.9'] },
  ];
  for (const filter of told) {
    const text = JSON.stringify(filter);
    t.equal(seen(out, { include: [makeFilter(filter)] }), undefined, `include ${text}`);
    t.ok(seen(out, { exclude: [makeFilter(filter)] }), `exclude ${text}`);
  }
  for (const filter of [
    { namespaces: ['shop'] },
    { cidrs: ['10.0.0.1'] },
    { cidrs: ['10.96.0.5'] },
    { ports: [5_432] },
  ])
    t.ok(seen(out, { include: [makeFilter(filter)] }), `${JSON.stringify(filter)} is the own end's`);
});
