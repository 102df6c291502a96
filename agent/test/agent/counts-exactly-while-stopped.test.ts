import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { countDatagrams } from '../fakes/exactness.js';

t.test('sent = counted + reported lost, while the agent stands still for 2 s', async (t) => {
  const result = await countDatagrams(200_000, 0, async (agent) => {
    await sleep(200);
    agent.kill('SIGSTOP');
    await sleep(2_000);
    agent.kill('SIGCONT');
  });
  t.equal(result.sent, 200_000);
  t.equal(result.counted + result.lost, result.sent, JSON.stringify(result));
  t.equal(result.told, result.lost);
  t.ok(result.lost > 0, 'the test lost something, so it tests something');
});
