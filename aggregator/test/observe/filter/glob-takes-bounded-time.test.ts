import t from 'tap';
import { globMatcher } from '../../../src/observe/filter/glob.js';

t.test('stars stand for any characters, none included', async (t) => {
  for (const [pattern, text, expected] of [
    ['*', '', true],
    ['a', 'a', true],
    ['a', 'ab', false],
    ['a*', 'a', true],
    ['*a', 'ba', true],
    ['a*b*c', 'a--b-b-c', true],
    ['a*b*c', 'a--b-b-', false],
    ['**x**', 'x', true],
    ['a.c', 'abc', false],
  ] as const)
    t.equal(globMatcher(pattern)(text), expected, `${pattern} ${text}`);
});

t.test('a pattern made to take for ever takes no time', async (t) => {
  const matches = globMatcher(`${'*a'.repeat(125)}*b`);
  t.notOk(matches('a'.repeat(253)));
});
