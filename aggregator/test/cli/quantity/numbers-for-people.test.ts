import t from 'tap';
import { bytesText, countText, exactText, spanText } from '../../../src/cli/quantity.js';

const cases: readonly [(value: number) => string, readonly (readonly [number, string])[]][] = [
  [
    bytesText,
    [
      [0, '0 B'],
      [999, '999 B'],
      [1_000, '1.0 kB'],
      [12_340, '12.3 kB'],
      [999_499, '999 kB'],
      [999_999, '1.0 MB'],
      [5e12, '5.0 TB'],
    ],
  ],
  [
    countText,
    [
      [0, '0'],
      [12, '12'],
      [1_234, '1.2k'],
      [34_000_000, '34M'],
    ],
  ],
  [exactText, [[1_234_567, '1,234,567']]],
  [
    spanText,
    [
      [0.000_05, '50 µs'],
      [0.000_42, '420 µs'],
      [0.031, '31 ms'],
      [1.26, '1.3 s'],
      [59, '59 s'],
      [60, '1 min'],
      [125, '2 min 5 s'],
      [7_325, '2 h 2 min'],
      [90_000, '1 d 1 h'],
    ],
  ],
];

for (const [text, pairs] of cases) {
  t.test(text.name, async (t) => {
    for (const [value, expected] of pairs) t.equal(text(value), expected);
  });
}
