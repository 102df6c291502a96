import * as grpc from '@grpc/grpc-js';
import { encodeFlowBatch, FlowColumns } from '@snoopy/proto';
import t from 'tap';
import { LinkRig, TestAgent, until } from './link-rig.js';

async function refused(
  send: (agent: TestAgent) => void,
  options: grpc.ChannelOptions = {},
): Promise<{ error: grpc.ServiceError; rig: LinkRig }> {
  const rig = await new LinkRig().start();
  const good = (await new TestAgent(rig.port, 'good').hello()).openFlows();
  const agent = (await new TestAgent(rig.port, 'bad', 1_790_000_000_000_000, options).hello()).openFlows();
  send(agent);
  await until(() => agent.errors.length > 0);
  // Nobody else notices.
  good.send(100);
  await until(() => good.acked === 100);
  agent.close();
  good.close();
  await rig.stop();
  return { error: agent.errors[0]!, rig };
}

t.test('a batch that is none ends its stream, and what came before it stays', async (t) => {
  const { error, rig } = await refused((agent) => {
    agent.send(10);
    agent.flows!.write(Buffer.from('not a batch'));
    agent.send(10);
  });
  t.match(error, { code: grpc.status.INVALID_ARGUMENT, details: /^The flow batch was refused: / });
  t.equal(rig.records.filter((key) => key.startsWith('bad/')).length, 10);
});

t.test('a batch of another run is refused', async (t) => {
  const { error } = await refused((agent) => {
    agent.flows!.write(encodeFlowBatch({ epoch: 5, firstSequence: 0, lost: [] }, new FlowColumns(1)));
  });
  t.match(error, { code: grpc.status.INVALID_ARGUMENT, details: /another run/ });
});

t.test('a message of 100 MB is refused before it is read', async (t) => {
  const before = process.memoryUsage().arrayBuffers;
  const { error } = await refused((agent) => agent.flows!.write(Buffer.alloc(100 << 20)), {
    'grpc.max_send_message_length': -1,
  });
  t.match(error, { code: grpc.status.RESOURCE_EXHAUSTED, details: /larger than max \(\d+ vs 4194304\)/ });
  // The sender's own copies are in this process too: the message, its frame, nothing of the receiver's.
  t.ok(process.memoryUsage().arrayBuffers - before < 320 << 20);
});

t.test('pods that cannot be pods are refused', async (t) => {
  const pod = { uid: 'u', namespace: 'n', name: 'p', state: 'WATCH_STATE_WATCHED' as const };
  const report = (more: object) => (agent: TestAgent) =>
    agent.control.write({ pods: { full: true, pods: [{ ...pod, ...more }] } });
  for (const [more, sentence] of [
    [{ name: '../../etc' }, /name cannot be one/],
    [{ namespace: 'a\u001b[2J' }, /name cannot be one/],
    [{ uid: '' }, /uid cannot be one/],
    [{ labels: { app: '\u202eevil' } }, /control characters/],
    [{ ips: new Array(65).fill('10.0.0.1') }, /65 addresses/],
    [{ labels: Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`l${i}`, ''])) }, /257 labels/],
  ] as const) {
    const { error } = await refused(report(more));
    t.match(error, { code: grpc.status.INVALID_ARGUMENT, details: sentence });
  }
});

t.test('an agent cannot fill the ledger with words of its own', async (t) => {
  const rig = await new LinkRig().start();
  const agent = (await new TestAgent(rig.port).hello()).openFlows();
  for (let i = 0; i < 1_000; i++) {
    agent.send(0, [
      { stage: `stage${i}`, reason: i % 2 ? 'Ba d' : 'full', unit: 'LOSS_UNIT_PACKETS', count: 1 },
    ]);
  }
  agent.send(1);
  await until(() => agent.acked === 1);
  const totals = rig.ledger.totals();
  t.ok(totals.length <= 65, `${totals.length} entries`);
  t.equal(
    totals.reduce((sum, { count }) => sum + Number(count), 0),
    1_000,
  );
  agent.close();
  await rig.stop();
});
