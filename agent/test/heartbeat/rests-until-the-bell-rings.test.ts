import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { Heartbeat } from '../../src/heartbeat.js';

/** A clock that stands where it is put, 300 ms after a full second, and a bell that rings when it is told. */
function world() {
  let nowMs = 10_000;
  const waits: { ms: number; done: () => void }[] = [];
  const bell = {
    ended: false,
    wait: (ms: number, done: () => void) => void waits.push({ ms, done }),
    end: () => {
      bell.ended = true;
    },
  };
  const clock = { monotonicMs: () => nowMs, nowUs: () => (nowMs + 5_300) * 1_000 };
  const heart = new Heartbeat(clock, bell);
  const beats: number[] = [];
  const slow: number[] = [];
  heart.every(0, (at) => void beats.push(at));
  heart.every(1_000, (at) => void slow.push(at));
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return { heart, bell, waits, beats, slow, pass };
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !holds(); i++) await sleep(10);
  if (!holds()) throw new Error('not within 5 s');
}

t.test(
  'at rest a beat comes just after each second, and whatever is due each second is done in it',
  async (t) => {
    const { heart, waits, beats, slow, pass } = world();
    heart.start();
    pass(1_100); // nothing happened: it rests from the next beat on
    await until(() => waits.length === 1);
    t.equal(beats.length, 1);
    t.equal(waits[0]!.ms, 605, 'it is 400 ms after a second');
    for (let i = 1; i <= 3; i++) {
      pass(waits.at(-1)!.ms - (i === 2 ? 5 : 0)); // once a little early
      waits.at(-1)!.done();
    }
    t.equal(beats.length, 4);
    t.equal(
      slow.length,
      3,
      'the second beat was 600 ms after the first, all others a second: none was put off',
    );
    heart.stop();
  },
);

t.test('when the bell rings there is a beat at once, and fast ones after it', async (t) => {
  const { heart, waits, beats, pass } = world();
  heart.start();
  pass(1_100);
  await until(() => waits.length === 1);
  pass(200);
  waits[0]!.done();
  t.equal(beats.length, 2);
  t.equal(waits.length, 1, 'it does not wait for the bell: were nothing taken, that would ring on and on');
  await until(() => beats.length >= 4);
  heart.stop();
});

t.test('its end is the end of waiting, and no beat comes after it', async (t) => {
  const { heart, bell, waits, beats, pass } = world();
  heart.start();
  pass(1_100);
  await until(() => waits.length === 1);
  heart.stop();
  t.ok(bell.ended);
  waits[0]!.done();
  t.equal(beats.length, 1);
});
