import { decodeFlowBatch, encodeFlowBatch, FlowColumns, Initiator, Protocol } from '@snoopy/proto';
import t from 'tap';
import { addRow, type RowSpec, START_US, type TestPod, World } from './world.js';

const API = '192.0.2.7';

/** A question of a pod to its name server, answered. */
function lookUp(pod: TestPod, name: string, ...addresses: string[]): RowSpec {
  return {
    pod,
    peer: '10.96.0.10',
    localPort: 40_000,
    peerPort: 53,
    protocol: Protocol.udp,
    initiator: Initiator.local,
    lastUs: START_US + 59_000_000,
    dns: [[name, 1, 0, 900, ...addresses]],
  };
}

const dial = (pod: TestPod, peer: string, localPort: number): RowSpec => ({
  pod,
  peer,
  localPort,
  peerPort: 443,
  initiator: Initiator.local,
  opened: true,
});

t.test('each pod by the answer that it got itself; a later question changes what begins later', (t) => {
  const world = new World();
  for (const node of ['a', 'b']) world.agent(node);
  const web = world.pod('web', 'a', '10.0.0.1');
  const job = world.pod('job', 'b', '10.0.0.2');
  world.send(lookUp(web, 'api.example', API, '192.0.2.8'), dial(web, API, 1_001));
  world.send(lookUp(job, 'cdn.example', API), dial(job, API, 1_002), dial(job, '192.0.2.8', 1_003));
  world.send(lookUp(web, 'www.example', API), dial(web, API, 1_004), {
    ...dial(web, API, 1_001),
    opened: false,
  });
  world.pass(1_000);
  const names = world
    .taken()
    .filter((flow) => flow.destinationPort === 443)
    .map((flow) => `${flow.sourcePod}:${flow.sourcePort} ${flow.destinationPod}`);
  t.strictSame(names.sort(), [
    'job:1002 cdn.example',
    'job:1003 ',
    'web:1001 api.example',
    'web:1001 api.example',
    'web:1004 www.example',
  ]);
  t.end();
});

t.test('a name server’s own view of questions names nothing', (t) => {
  const world = new World();
  world.agent('a');
  const server = world.pod('dns', 'a', '10.0.0.3');
  const asked = {
    ...lookUp(server, 'api.example', API),
    localPort: 53,
    peerPort: 40_000,
    initiator: Initiator.peer,
  };
  world.send(asked, dial(server, API, 1_001));
  world.pass(1_000);
  t.equal(world.taken().find((flow) => flow.destinationPort === 443)?.destinationPod, '');
  t.end();
});

t.test('answers travel in a batch, whatever the order of its rows', (t) => {
  const columns = new FlowColumns(40);
  const pod = { uid: 'u', namespace: 'shop', name: 'web', node: 'a', ip: '10.0.0.1' };
  addRow(columns, { ...lookUp(pod, 'late.example', API), lastUs: START_US + 9 });
  addRow(columns, { ...lookUp(pod, 'early.example', 'fd00::7', '192.0.2.8'), lastUs: START_US + 1 });
  const back = new FlowColumns(40);
  decodeFlowBatch(encodeFlowBatch({ epoch: 1, firstSequence: 0, lost: [] }, columns), back);
  const answers = Array.from({ length: back.answers }, (_, a) => {
    const at = back.answerAddress[a]! * 16;
    return `${back.names[back.dnsName[back.answerDns[a]!]!]} ${back.addressBytes[at + 15]}`;
  });
  t.strictSame(answers, ['early.example 7', 'early.example 8', 'late.example 7']);
  t.end();
});
