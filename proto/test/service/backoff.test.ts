import t from 'tap';
import { Backoff } from '../../src/index.js';

t.test('bounds double up to the most, and start again after a success', async (t) => {
  const backoff = new Backoff(500, 15_000, () => 0.999_999);
  const bounds = Array.from({ length: 8 }, () => Math.round(backoff.next()));
  t.same(bounds, [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  backoff.reset();
  t.equal(Math.round(backoff.next()), 500);
});

t.test('no delay is so short that a loop becomes hot', async (t) => {
  t.equal(new Backoff(500, 15_000, () => 0).next(), 50);
});
