import t from 'tap';
import { GearBox } from '../../../src/watch/gear-box.js';

/** Lets time pass at a rate and returns the gear wanted at the end. */
function drive(
  box: GearBox,
  state: { gear: 'low' | 'high'; packets: number; ms: number },
  rate: number,
  ms: number,
) {
  for (let passed = 0; passed < ms; passed += 200) {
    state.ms += 200;
    state.packets += rate / 5;
    const wanted = box.wanted(state.gear, state.packets, state.ms);
    if (wanted !== state.gear) {
      state.gear = wanted;
      box.changed(wanted, state.ms);
    }
  }
  return state.gear;
}

t.test('few packets stay in the low gear, many go to the high one, and back when they cease', async (t) => {
  const box = new GearBox(0);
  const state = { gear: 'low' as 'low' | 'high', packets: 0, ms: 0 };
  t.equal(drive(box, state, 2_000, 5_000), 'low');
  t.equal(drive(box, state, 100_000, 200), 'high');
  t.equal(drive(box, state, 4_000, 60_000), 'high', 'a little less is no reason');
  t.equal(drive(box, state, 1_000, 4_000), 'high');
  t.equal(drive(box, state, 1_000, 2_000), 'low');
});

t.test('silence brings the low gear soon, so that nothing waits in tcpdump', async (t) => {
  const box = new GearBox(0);
  const state = { gear: 'low' as 'low' | 'high', packets: 0, ms: 0 };
  drive(box, state, 100_000, 1_000);
  t.equal(drive(box, state, 0, 600), 'low');
});

t.test('bursts make it more patient', async (t) => {
  const box = new GearBox(0);
  const state = { gear: 'low' as 'low' | 'high', packets: 0, ms: 0 };
  let changes = 0;
  for (let burst = 0; burst < 60; burst++) {
    const before = state.gear;
    drive(box, state, 100_000, 400);
    if (state.gear !== before) changes++;
    drive(box, state, 0, 1_000);
  }
  t.ok(changes < 10, `${changes} changes up in 60 bursts`);
});
