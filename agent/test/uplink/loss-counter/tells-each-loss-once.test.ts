import t from 'tap';
import { LossCounter } from '../../../src/uplink/loss-counter.js';

t.test('totals stay, what a batch tells is told once, what a lost batch told is told again', async (t) => {
  const losses = new LossCounter('node-a');
  losses.add('kernel_ring', 'full', 'LOSS_UNIT_PACKETS', 5);
  losses.add('kernel_ring', 'full', 'LOSS_UNIT_PACKETS', 2);
  losses.add('uplink', 'full', 'LOSS_UNIT_RECORDS', 1);
  losses.add('uplink', 'full', 'LOSS_UNIT_RECORDS', 0);
  const told = losses.takePending();
  const expected = [
    { node: 'node-a', stage: 'kernel_ring', reason: 'full', unit: 'LOSS_UNIT_PACKETS', count: 7 },
    { node: 'node-a', stage: 'uplink', reason: 'full', unit: 'LOSS_UNIT_RECORDS', count: 1 },
  ];
  t.same(told, expected);
  t.same(losses.takePending(), []);
  losses.giveBack(told);
  losses.add('uplink', 'full', 'LOSS_UNIT_RECORDS', 3);
  t.same(
    losses.takePending().map((one) => one.count),
    [7, 4],
  );
  t.same(
    losses.totals().map((one) => one.count),
    [7, 4],
  );
  t.notOk(losses.pending);
});
