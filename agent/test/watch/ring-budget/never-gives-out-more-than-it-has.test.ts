import t from 'tap';
import { RingBudget } from '../../../src/watch/ring-budget.js';

t.test('rings are taken until nothing is left, and come back once', async (t) => {
  const budget = new RingBudget(5_000);
  const first = budget.take(2_000);
  const second = budget.take(2_000);
  t.ok(first && second);
  t.equal(budget.take(2_000), undefined);
  t.equal(budget.freeKiB, 1_000);
  t.equal(budget.rings, 2);
  first!();
  first!();
  t.equal(budget.freeKiB, 3_000);
  t.equal(budget.rings, 1);
});
