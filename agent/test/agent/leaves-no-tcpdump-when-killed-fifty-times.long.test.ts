/* About 150 s. */
import t from 'tap';
import { killUnderLoad } from '../fakes/kill.js';

t.setTimeout(600_000);

t.test(
  'SIGKILL under load: 2 s later no tcpdump is alive, 50 of 50 times',
  { timeout: 500_000 },
  async (t) => {
    for (let i = 0; i < 50; i++) t.same(await killUnderLoad(), { started: 4, left: 0 }, `time ${i + 1}`);
  },
);
