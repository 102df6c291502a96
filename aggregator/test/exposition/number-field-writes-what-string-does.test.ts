import t from 'tap';
import { FIELD_WIDTH, putInteger, putSeconds } from '../../src/exposition/number-field.js';

const edges = [
  0,
  1,
  9,
  10,
  11,
  19,
  99,
  100,
  109,
  999_999_999,
  1e9,
  1e9 + 1,
  1_999_999_999,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  10e9 - 1,
  10e9,
  123_456_789_012,
  999_999_999_999_999,
  1e15,
  2 ** 53,
];

function field(): Buffer {
  return Buffer.from(`<${' '.repeat(FIELD_WIDTH)}>`);
}

t.test('every number after every smaller one', async (t) => {
  for (const from of [-1, ...edges]) {
    for (const to of edges) {
      if (to < from) continue;
      const buffer = field();
      if (from >= 0) putInteger(buffer, FIELD_WIDTH + 1, from, -1);
      putInteger(buffer, FIELD_WIDTH + 1, to, from);
      const expected = `<${String(to).padStart(FIELD_WIDTH)}>`;
      if (String(buffer) !== expected) t.fail(`${from} then ${to}: ${buffer}`);
    }
  }
});

t.test('a number that grows as counters do', async (t) => {
  const buffer = field();
  let shown = -1;
  let value = 0;
  for (let i = 0; i < 20_000; i++) {
    value += (i * 7_919) % 13 === 0 ? i * 1_000_003 : (i * 31) % 97;
    if (value > shown) putInteger(buffer, FIELD_WIDTH + 1, value, shown);
    shown = value;
    if (String(buffer) !== `<${String(value).padStart(FIELD_WIDTH)}>`) t.fail(`${value}: ${buffer}`);
  }
});

t.test('seconds have six decimals while there is room', async (t) => {
  for (const [us, expected] of [
    [0, '0.000000'],
    [1, '0.000001'],
    [1_500_000, '1.500000'],
    [999_999_999_999_999, '999999999.999999'],
    [1_000_000_000_000_000, '1000000000'],
  ] as const) {
    const buffer = field();
    putSeconds(buffer, FIELD_WIDTH + 1, us);
    t.equal(String(buffer), `<${expected.padStart(FIELD_WIDTH)}>`);
  }
});
