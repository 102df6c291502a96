import t from 'tap';
import { LinkRig, TestAgent, until } from './link-rig.js';

t.test('an agent that sends faster than we merge is held back by its socket, bounded in bytes', async (t) => {
  const rig = await new LinkRig().start();
  const agent = (await new TestAgent(rig.port).hello()).openFlows();
  const batch = agent.batch(1_000);
  agent.sequence = 0;
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, rig.link.intake.bytes);
  }, 1);
  const take = rig.link.merge.take.bind(rig.link.merge);
  // Slower than any socket: a millisecond for each batch.
  rig.link.merge.take = (...rows) => {
    for (const end = performance.now() + 1; performance.now() < end; );
    take(...rows);
    most = Math.max(most, rig.link.intake.bytes);
  };
  let accepted = true;
  let unsent = 0;
  for (let i = 0; i < 600; i++) {
    accepted = agent.flows!.write(batch);
    if (!accepted) unsent++;
  }
  t.ok(unsent > 500, 'the socket was full');
  await until(() => rig.link.intake.bytes === 0 && rig.link.intake.rows >= 1_000 && agent.acked === 1_000);
  await until(() => agent.flows!.writableLength === 0, 30_000);
  clearInterval(watch);
  t.ok(most > 0 && most < (256 << 10) + 20 * batch.length, `${most} bytes waited at most`);
  t.equal(rig.records.length, 1_000, 'all but the first were repeats');
  agent.close();
  await rig.stop();
});
