/* About 70 s. */
import t from 'tap';
import { killUnderLoad } from '../fakes/kill.js';

t.setTimeout(600_000);

t.test(
  'SIGKILL under load: 2 s later no tcpdump is alive, 50 of 50 times',
  { timeout: 500_000 },
  async (t) => {
    for (let round = 0; round < 10; round++) {
      const results = await Promise.all(Array.from({ length: 5 }, () => killUnderLoad()));
      for (const result of results) t.same(result, { started: 4, left: 0 }, `round ${round + 1}`);
    }
  },
);
