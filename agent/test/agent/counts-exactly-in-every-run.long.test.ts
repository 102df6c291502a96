/* About 130 s, 200 s on a busy machine. */
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { countDatagrams } from '../fakes/exactness.js';

/** Datagrams a second; 0: as fast as they go. Slow ones pass without loss and make the interface change its gear. */
const rates = [0, 60_000, 0, 30_000];

t.setTimeout(400_000);

t.test('sent = counted + reported lost, 20 runs of 20', { timeout: 300_000 }, async (t) => {
  for (let run = 0; run < 20; run++) {
    const rate = rates[run % rates.length]!;
    const result = await countDatagrams(200_000, rate, async (agent) => {
      await sleep(run * 60);
      agent.kill('SIGSTOP');
      await sleep(2_000);
      agent.kill('SIGCONT');
    });
    t.equal(result.counted + result.lost, 200_000, `run ${run}: ${JSON.stringify(result)}`);
    t.equal(result.told, result.lost);
  }
});

t.test('nothing is lost while gears change and nobody stops anything', { timeout: 60_000 }, async (t) => {
  for (const rate of [20_000, 50_000]) {
    const result = await countDatagrams(200_000, rate, async () => {}, ['--packet-ring', '8MiB']);
    t.same(result, { sent: 200_000, counted: 200_000, lost: 0, told: 0 });
  }
});
