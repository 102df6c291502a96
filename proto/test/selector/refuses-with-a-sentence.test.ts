import t from 'tap';
import { parseSelector } from '../../src/index.js';

const cases: readonly (readonly [string, RegExp])[] = [
  ['app=web,', /label's name/],
  [',app', /label's name/],
  ['app=web tier=db', /expected ","/],
  ['app in web', /expected "\("/],
  ['app in (web', /expected "\)", found "the end"/],
  ['app in (web))', /expected ","/],
  ['=web', /label's name/],
  ['app=!', /label's value/],
  ['app~web', /label's name/],
  ['app is web', /after "app"/],
  ['!', /label's name/],
  ['../x=1', /label's name/],
  ['app=\u001b[31m', /label's value/],
  ['app>x', /whole number/],
  [`a=${'b'.repeat(64)}`, /label's value/],
  ['a'.repeat(5_000), /at most 4096/],
  [Array.from({ length: 65 }, (_, i) => `l${i}`).join(','), /at most 64/],
];

for (const [text, message] of cases) {
  t.test(`${JSON.stringify(text.slice(0, 40))} is refused`, async (t) => {
    t.throws(() => parseSelector(text), message);
  });
}
