import * as grpc from '@grpc/grpc-js';
import { type GetFlowsResponse, ObserverClient } from '@snoopy/proto';
import t, { type Test } from 'tap';
import { LinkAgent } from '../fakes/link-agent.js';
import { anyPorts, Program } from '../fakes/program.js';
import { type TestPod, tcpPair } from '../merge/world.js';

const web: TestPod = { uid: 'uid-web', namespace: 'shop', name: 'web', node: 'node-1', ip: '10.0.0.1' };
const outsider: TestPod = { uid: 'uid-x', namespace: 'shop', name: 'x', node: 'node-2', ip: '10.0.0.9' };

function rows(count: number) {
  return Array.from(
    { length: count },
    (_, i) => tcpPair(web, outsider, 20_000 + i, { lastUs: Date.now() * 1_000 })[0],
  );
}

async function setUp(t: Test) {
  const program = new Program(t, anyPorts);
  const { agents, clients } = await program.listening();
  const agent = new LinkAgent(agents, 'node-1', [web]);
  const observer = new ObserverClient(clients, grpc.credentials.createInsecure());
  t.teardown(() => [agent, observer].map((part) => part.close()));
  await agent.open();
  const follower = observer.getFlows({ follow: true });
  follower.on('error', () => undefined);
  await new Promise((resolve) => follower.once('metadata', resolve));
  return { program, agent, follower };
}

t.test('flows that arrived before SIGTERM reach the follower and are acknowledged', async (t) => {
  const { program, agent, follower } = await setUp(t);
  let flows = 0;
  follower.on('data', (message: GetFlowsResponse) => {
    flows += message.flows.length;
  });
  const ended = new Promise<grpc.StatusObject>((resolve) => follower.once('status', resolve));
  agent.send(rows(700));
  while (flows === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  agent.send(rows(800));
  await new Promise((resolve) => setTimeout(resolve, 20));
  program.child.kill('SIGTERM');
  t.equal((await ended).code, grpc.status.OK);
  t.equal(await program.ended, 0);
  t.equal(flows, agent.acknowledged, 'what is acknowledged was delivered, and the other way round');
  t.ok(flows >= 700);
});

t.test('a follower that reads nothing does not keep it from ending', async (t) => {
  const { program, agent, follower } = await setUp(t);
  follower.pause();
  for (let i = 0; i < 40; i++) {
    agent.send(rows(1_000));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await agent.settled();
  program.child.kill('SIGTERM');
  t.equal(await program.ended, 0);
});
