import t from 'tap';
import { LinkRig, TestAgent, until } from './link-rig.js';

t.test('a second connection of the same run takes over', async (t) => {
  const rig = await new LinkRig().start();
  const first = (await new TestAgent(rig.port).hello()).openFlows();
  first.send(10);
  await until(() => first.acked === 10);
  const second = (await new TestAgent(rig.port).hello()).openFlows();
  await until(() => first.errors.length === 2);
  t.match(first.errors[0], { code: 14, details: /took over/ });
  second.sequence = 10;
  second.send(10);
  await until(() => second.acked === 20);
  t.equal(rig.records.length, 20);
  t.match(rig.link.agents.statuses(), [{ connected: true }]);
  first.close();
  second.close();
  await rig.stop();
});

t.test('an earlier run is refused while a later one is there, and a later one takes over', async (t) => {
  const rig = await new LinkRig().start();
  const now = await new TestAgent(rig.port, 'node-1', 2_000).hello();
  const earlier = await new TestAgent(rig.port, 'node-1', 1_000).hello();
  t.match(earlier.errors, [{ code: 7, details: /started later.*--node-name/ }]);
  const later = (await new TestAgent(rig.port, 'node-1', 3_000).hello()).openFlows();
  await until(() => now.errors.length > 0);
  t.match(now.errors, [{ code: 14, details: /later run/ }]);
  later.send(5);
  await until(() => later.acked === 5);
  t.match(rig.link.agents.statuses(), [{ name: 'node-1', epoch: 3_000, connected: true }]);
  for (const agent of [now, earlier, later]) agent.close();
  await rig.stop();
});

t.test('what does not begin properly is refused with a sentence', async (t) => {
  const rig = await new LinkRig().start();
  const refused = async (agent: TestAgent): Promise<string> => {
    await until(() => agent.errors.length > 0);
    agent.close();
    return agent.errors[0]!.details;
  };
  const mute = new TestAgent(rig.port, 'a', 1);
  mute.control.write({ pods: { full: true, pods: [] } });
  t.match(await refused(mute), /Hello must come first/);
  t.match(await refused(await new TestAgent(rig.port, 'a', 1).hello({ agent: 'b' })), /different agents/);
  t.match(await refused(await new TestAgent(rig.port, '../a', 1).hello()), /needs a name/);
  const flowsFirst = new TestAgent(rig.port, 'a', 1).openFlows();
  t.match(await refused(flowsFirst), /open Control/);
  const nobody = new TestAgent(rig.port, 'a', 1);
  nobody.metadata.remove('snoopy-epoch');
  t.match(await refused(nobody.openFlows()), /snoopy-epoch/);
  await rig.stop();
});
