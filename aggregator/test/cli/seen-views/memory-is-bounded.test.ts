import type { Flow } from '@snoopy/proto';
import t from 'tap';
import { SeenViews } from '../../../src/cli/seen-views.js';

const flow = (...views: [agent: string, epoch: number, sequence: number][]) =>
  ({ views: views.map(([agent, epoch, sequence]) => ({ agent, epoch, sequence })) }) as unknown as Flow;

t.test('a record is known by agent, epoch and sequence together', async (t) => {
  const seen = new SeenViews();
  t.equal(seen.repeats(flow(['a', 1, 7])), false);
  t.equal(seen.repeats(flow(['a', 1, 7])), true);
  t.equal(seen.repeats(flow(['b', 1, 7])), false);
  t.equal(seen.repeats(flow(['a', 2, 7])), false);
  t.equal(seen.repeats(flow(['a', 1, 8], ['a', 1, 7])), false, 'one of its records is new');
  t.equal(seen.repeats(flow(['a', 1, 8])), true);
  t.equal(seen.repeats(flow()), false, 'without records nothing can be said');
});

t.test('at least the last N are remembered, at most twice as many', async (t) => {
  const seen = new SeenViews(100);
  for (let i = 0; i < 1_000; i++) seen.repeats(flow(['a', 1, i]));
  for (let i = 900; i < 1_000; i++) t.equal(seen.repeats(flow(['a', 1, i])), true);
  t.equal(seen.repeats(flow(['a', 1, 0])), false);
});
