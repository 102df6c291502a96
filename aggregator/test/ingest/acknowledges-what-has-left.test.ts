import t from 'tap';
import { keys, LinkRig, sleep, TestAgent, until } from './link-rig.js';

t.test('rows are acknowledged once they have left, and each leaves once', async (t) => {
  const rig = await new LinkRig().start();
  const agent = (await new TestAgent(rig.port).hello()).openFlows();
  for (let i = 0; i < 5; i++) agent.send(200);
  await until(() => agent.acked === 1_000);
  t.strictSame([...rig.records].sort(), keys(agent, 0, 1_000).sort());
  agent.close();
  await rig.stop();
});

t.test('readers that keep up are waited for, those that do not for a second', async (t) => {
  const rig = await new LinkRig().start();
  rig.flushed = 0;
  const agent = (await new TestAgent(rig.port).hello()).openFlows();
  agent.send(100);
  await until(() => rig.records.length === 100);
  await sleep(300);
  t.equal(agent.acked, -1, 'not yet read');
  rig.flushed = Number.POSITIVE_INFINITY;
  await until(() => agent.acked === 100);
  rig.flushed = 100;
  agent.send(100);
  await until(() => agent.acked === 200, 3_000);
  agent.close();
  await rig.stop();
});

t.test('an agent that ends its streams in good order gets its last acknowledgement first', async (t) => {
  const rig = await new LinkRig().start();
  const agent = (await new TestAgent(rig.port).hello()).openFlows();
  agent.send(300);
  agent.flows!.end();
  agent.control.end();
  await until(() => agent.ended.includes('flows') && agent.ended.includes('control'));
  t.equal(agent.acked, 300);
  t.strictSame(agent.errors, []);
  t.match(rig.link.agents.statuses(), [{ name: 'node-1', connected: false }]);
  agent.close();
  await rig.stop();
});

t.test('going down, the aggregator merges what has arrived, acknowledges it and says so', async (t) => {
  const rig = await new LinkRig().start();
  const agent = (await new TestAgent(rig.port).hello()).openFlows();
  agent.send(50);
  await until(() => rig.records.length === 50);
  await rig.link.stop();
  await until(() => agent.errors.length === 2);
  t.equal(agent.acked, 50);
  for (const error of agent.errors) t.match(error, { code: 14, details: 'The aggregator is going down.' });
  agent.close();
  rig.server.forceShutdown();
});
