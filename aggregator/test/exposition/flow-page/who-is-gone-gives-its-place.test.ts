import t from 'tap';
import { makeFlow, makePod } from '../../fakes/flow.js';
import { HandClock } from '../../fakes/hand-clock.js';
import { Exposition, type Samples } from '../../fakes/page.js';

const HOUR_MS = 3_600_000;
const [gone, away, here, late] = ['gone', 'away', 'here', 'late'].map((name) => makePod(name));

/** Request bytes by the workload that asks. */
function requests(samples: Samples): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [series, value] of Object.entries(samples)) {
    const [, name] = /^snoopy_flow_bytes_total\{.*src_workload="(\w+)".*"request"\}/.exec(series) ?? [];
    if (name) found[name] = value;
  }
  return found;
}

/** A page with `places` sets of labels that all three want; each flow's request has 300 bytes. */
class World {
  readonly clock = new HandClock();
  readonly exposition: Exposition;
  #slot = 0;

  constructor(places: number, lines = 10_000) {
    this.exposition = new Exposition(places, lines, this.clock);
  }

  async after(hours: number, ...pods: (typeof here)[]): Promise<Record<string, number>> {
    this.clock.goMs(hours * HOUR_MS);
    for (const sourcePod of pods) this.exposition.take(makeFlow({ slot: this.#slot++, sourcePod }));
    return requests(await this.exposition.samples());
  }
}

for (const [what, places, lines] of [
  ['label sets', 3, 10_000],
  ['lines', 100, 6],
] as const)
  t.test(`no room for more ${what}: who was silent for three hours goes`, async (t) => {
    const world = new World(places, lines);
    await world.after(0, gone, away, here, late);
    t.strictSame(await world.after(2.9, here, late), { gone: 300, away: 300, here: 600, other: 600 });
    await world.after(0.2, here);
    t.strictSame(
      await world.after(0, late),
      { here: 900, late: 300, other: 600 },
      'other keeps what it counted',
    );
    t.strictSame(await world.after(4, here), { here: 1_200, late: 300, other: 600 }, 'nobody needs a place');
    const { other } = await world.after(0, gone, away);
    t.ok(other! > 600, 'they were forgotten, and there is no room for both');
    const again = await world.after(0.2, here);
    t.equal(again.other, other);
    t.notOk('late' in again, 'so who has been silent since gives his place');
  });

t.test('with room on the page a series stays', async (t) => {
  const world = new World(100);
  await world.after(0, gone, here);
  t.strictSame(await world.after(1_000, here), { gone: 300, here: 600 });
});

t.test('counters never get smaller, and sums stay right, whoever comes and goes', async (t) => {
  const world = new World(20, 60);
  const pods = Array.from({ length: 60 }, (_, i) => makePod(`pod${i}`));
  let before: Record<string, number> = {};
  let increase = 0;
  let flows = 0;
  for (let hour = 0; hour < 200; hour++) {
    const busy = pods.filter((_, i) => (i + hour) % 60 < 15);
    flows += busy.length;
    const now = await world.after(0.5, ...busy);
    for (const [name, value] of Object.entries(now)) {
      const was = before[name] ?? 0;
      if (value < was) t.fail(`${name}: ${was}, then ${value}`);
      increase += value - was;
    }
    before = now;
  }
  t.equal(increase, 300 * flows);
  t.ok(Object.keys(before).length > 10);
});
