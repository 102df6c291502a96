import { readFileSync } from 'node:fs';
import t from 'tap';
import { FOLDER, rendered } from '../../src/chart/rendered.js';
import { schemaOf } from '../../src/chart/schema.js';
import { readValues } from '../../src/chart/values.js';

t.test('README and schema are those of values.yaml (else: npm run gen)', async (t) => {
  for (const [name, text] of rendered()) t.equal(readFileSync(`${FOLDER}${name}`, 'utf8'), text, name);
});

t.test('a value without a comment is refused', async (t) => {
  t.throws(
    () => readValues('a:\n  # -- This one is described.\n  b: 1\n  c: 2\n'),
    /not say what these are: a\.c/,
  );
});

t.test('comments of several lines and of first entries', async (t) => {
  const values = readValues(
    '# head\n\na:\n  # -- First,\n  # of two lines.\n  b: 1\n  # -- Second.\n  c: {}\n',
  );
  t.strictSame(values, [
    { path: ['a', 'b'], fallback: 1, text: 'First, of two lines.' },
    { path: ['a', 'c'], fallback: {}, text: 'Second.' },
  ]);
  t.match(schemaOf(values), {
    additionalProperties: false,
    properties: {
      a: { additionalProperties: false, properties: { b: { type: 'integer' }, c: { type: 'object' } } },
    },
  });
});
