import { once } from 'node:events';
import type { GetFlowsRequestMessage, GetFlowsResponse, GetStatusResponse } from '@snoopy/proto';
import t from 'tap';
import { makeAgents } from '../../fakes/agents.js';
import { makeFlow, makePod } from '../../fakes/flow.js';
import { serveObserver } from '../../fakes/observer.js';

async function readAll(stream: AsyncIterable<GetFlowsResponse>): Promise<GetFlowsResponse[]> {
  const messages: GetFlowsResponse[] = [];
  for await (const message of stream) messages.push(message);
  return messages;
}

t.test('the last flows that match, then the end', async (t) => {
  const { fanOut, connect } = await serveObserver(t);
  for (let i = 0; i < 500; i++) {
    fanOut.ring.take(makeFlow({ sourcePort: i, sourcePod: makePod(i % 2 === 0 ? 'web' : 'api') }));
  }
  const messages = await readAll(connect().getFlows({ include: [{ selector: 'app=web' }], last: 10 }));
  const flows = messages.flatMap((message) => message.flows);
  t.same(
    flows.map((flow) => flow.source!.port),
    [480, 482, 484, 486, 488, 490, 492, 494, 496, 498],
  );
  t.match(flows[0], {
    source: { pod: 'web' },
    destination: { ip: '10.0.0.2' },
    outcome: 'OUTCOME_ESTABLISHED',
  });
});

t.test('a follower gets a flow well within a second', async (t) => {
  const { fanOut, connect } = await serveObserver(t);
  const stream = connect().getFlows({ follow: true });
  await once(stream, 'metadata');
  fanOut.ring.take(makeFlow({ sourcePort: 77 }));
  const start = performance.now();
  const [message] = (await once(stream, 'data')) as [GetFlowsResponse];
  t.equal(message.flows[0]!.source!.port, 77);
  t.ok(performance.now() - start < 1_000);
  stream.on('error', () => undefined).cancel();
});

t.test('a bad request is INVALID_ARGUMENT with a sentence', async (t) => {
  const { connect } = await serveObserver(t);
  const client = connect();
  const cases: [GetFlowsRequestMessage, RegExp][] = [
    [{ include: [{ cidrs: ['10.0.0.0/99'] }] }, /include\[0\]\.cidrs\[0\].*\.$/],
    [{ exclude: [{ selector: '((' }] }, /exclude\[0\]\.selector.*\.$/],
    [{ last: 100_000 }, /^last: .*\.$/],
  ];
  for (const [request, sentence] of cases) {
    const error = await readAll(client.getFlows(request)).then(
      () => undefined,
      (error: Error & { code: number; details: string }) => error,
    );
    t.equal(error?.code, 3);
    t.match(error?.details, sentence);
  }
});

t.test('a subscriber that leaves is forgotten', async (t) => {
  const { fanOut, connect } = await serveObserver(t);
  const stream = connect().getFlows({ follow: true });
  await once(stream, 'metadata');
  t.equal(fanOut.subscribers, 1);
  stream.on('error', () => undefined).cancel();
  for (let i = 0; i < 100 && fanOut.subscribers > 0; i++) await new Promise((r) => setTimeout(r, 20));
  t.equal(fanOut.subscribers, 0);
});

t.test('a shutdown sends what is there and ends the streams in good order', async (t) => {
  const { fanOut, connect } = await serveObserver(t);
  const stream = connect().getFlows({ follow: true });
  await once(stream, 'metadata');
  for (let i = 0; i < 100; i++) fanOut.ring.take(makeFlow());
  const all = readAll(stream);
  fanOut.close();
  t.equal((await all).flatMap((message) => message.flows).length, 100);
});

t.test('GetStatus says what runs and what is missing', async (t) => {
  const agents = makeAgents([{ name: 'node-1', connected: true, pods: [] }]);
  const { fanOut, ledger, connect } = await serveObserver(t, agents);
  fanOut.ring.take(makeFlow());
  ledger.add('node-1', 'uplink', 'full', 'LOSS_UNIT_RECORDS', 3);
  const status = await new Promise<GetStatusResponse>((resolve, reject) =>
    connect().getStatus({}, (error, answer) => (error ? reject(error) : resolve(answer!))),
  );
  t.match(status, {
    version: '1.2.3',
    instance: 'one',
    agents: [{ name: 'node-1', connected: true }],
    connections: 17,
    flowsKept: 1,
    oldestFlow: { nanos: 0 },
    lost: [{ node: 'node-1', stage: 'uplink', reason: 'full', count: 3, unit: 'LOSS_UNIT_RECORDS' }],
    hints: [/none sees a pod/],
  });
  await t.rejects(
    new Promise((_, reject) =>
      connect().getStatus({ include: [{ pods: ['*a'] }] }, (error) => reject(error as Error)),
    ),
    { code: 3 },
  );
});

t.test('GetStatus of very many pods fits into a message, and says what is missing', async (t) => {
  const pods = Array.from({ length: 3_000 }, (_, i) => ({
    uid: `0b9f2ad5-0000-0000-0000-${i}`,
    namespace: 'n'.repeat(63),
    name: 'p'.repeat(200),
    labels: { app: 'a'.repeat(63), 'app.kubernetes.io/name': 'b'.repeat(63) },
    selected: true,
    state: i === 7 ? ('WATCH_STATE_FAILED' as const) : ('WATCH_STATE_WATCHED' as const),
  }));
  const statuses = [1, 2, 3, 4].map((n) => ({ name: `node-${n}`, connected: true, pods }));
  const { connect } = await serveObserver(t, makeAgents(statuses));
  const status = await new Promise<GetStatusResponse>((resolve, reject) =>
    connect().getStatus({}, (error, answer) => (error ? reject(error) : resolve(answer!))),
  );
  t.equal(status.agents.length, 4);
  t.same(
    status.agents.map((agent) => agent.pods.length),
    [3_000, 1, 1, 1],
    'those that failed are there',
  );
  t.match(status.hints, [
    /4 pods could not be entered/,
    /no connection was seen yet/,
    /8997 pods are left out/,
  ]);
});
