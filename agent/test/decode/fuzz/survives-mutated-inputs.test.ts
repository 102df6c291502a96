import t from 'tap';
import { expectUnharmed } from './expectations.js';
import { fuzz } from './run.js';

t.test('1,000,000 mutated frames and streams: no throw, no hang, memory flat', async (t) => {
  expectUnharmed(t, fuzz(1_000_000, 20_240_501));
});
