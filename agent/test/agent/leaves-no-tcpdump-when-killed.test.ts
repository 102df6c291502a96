import t from 'tap';
import { killUnderLoad } from '../fakes/kill.js';

t.test('SIGKILL under load: 2 s later no tcpdump is alive, 3 of 3 times', { timeout: 60_000 }, async (t) => {
  const results = await Promise.all([1, 2, 3].map(() => killUnderLoad()));
  for (const result of results) t.same(result, { started: 4, left: 0 });
});
