import t from 'tap';
import { type Gear, GearBox } from '../../../src/watch/gear-box.js';

/** An interface with its traffic. In the high gear packets arrive in blocks, every `blockMs`. */
class Interface {
  gear: Gear = 'low';
  changesUp = 0;
  readonly #box = new GearBox(0);
  #ms = 0;
  #sent = 0;

  drive(rate: number, ms: number, blockMs = 200): Gear {
    let seen = this.#sent;
    for (let passed = 200; passed <= ms; passed += 200) {
      this.#ms += 200;
      this.#sent += rate / 5;
      if (this.gear === 'low' || passed % blockMs === 0) seen = this.#sent;
      const wanted = this.#box.wanted(this.gear, seen, this.#ms);
      if (wanted === this.gear) continue;
      this.gear = wanted;
      if (wanted === 'high') this.changesUp++;
      this.#box.changed(wanted, this.#ms);
    }
    return this.gear;
  }
}

t.test('few packets stay in the low gear, many go to the high one, and back when they cease', async (t) => {
  const one = new Interface();
  t.equal(one.drive(2_000, 5_000), 'low');
  t.equal(one.drive(100_000, 400), 'high');
  t.equal(one.drive(2_000, 60_000), 'high', 'a little less is no reason');
  t.equal(one.drive(1_000, 4_000), 'high');
  t.equal(one.drive(1_000, 6_000), 'low');
});

t.test('blocks that come once a second do not look like many packets', async (t) => {
  const one = new Interface();
  one.drive(100_000, 20_400);
  one.drive(0, 1_000);
  one.drive(100_000, 400);
  t.equal(one.drive(500, 12_000, 1_000), 'low');
});

t.test('silence brings the low gear soon, so that nothing waits in tcpdump', async (t) => {
  const one = new Interface();
  one.drive(100_000, 1_000);
  t.equal(one.drive(0, 600), 'low');
});

t.test('bursts make it more patient', async (t) => {
  const one = new Interface();
  for (let burst = 0; burst < 60; burst++) {
    one.drive(100_000, 400);
    one.drive(0, 1_000);
  }
  t.ok(one.changesUp < 10, `${one.changesUp} changes up in 60 bursts`);
});
