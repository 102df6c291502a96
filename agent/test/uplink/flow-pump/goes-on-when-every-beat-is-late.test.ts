import t from 'tap';
import { FlowPump } from '../../../src/uplink/flow-pump.js';

t.test('after a pause one beat is left out; where every beat is late, every other one counts', async (t) => {
  let nowMs = 0;
  const advanced: number[] = [];
  const clock = { nowUs: () => nowMs * 1_000, monotonicMs: () => nowMs };
  const batcher = { sequence: 0, drain: () => false, tellLosses: () => {}, ring: { hasNext: false } };
  const pump = new FlowPump(
    { advance: (nowUs) => void advanced.push(nowUs / 1_000) },
    batcher as never,
    { pump: () => {} } as never,
    clock as never,
    { intervalMs: 100, busy: () => {} },
    () => {},
  );
  pump.start();
  for (nowMs of [100, 200, 2_000, 2_100, 3_100, 4_100, 5_100, 6_100]) pump.beat(nowMs);
  t.strictSame(advanced, [100, 200, 2_100, 4_100, 6_100]);
});
