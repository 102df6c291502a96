import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { ADAPTERS, WIRING } from '../../src/layers/architecture.js';
import { RULES } from '../../src/layers/rules.js';
import { readTree } from '../../src/layers/source-file.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const files = readTree(root, ['proto/src', 'agent/src', 'aggregator/src']);

t.test('the source is found', async (t) => {
  t.ok(files.length > 20, `${files.length} files`);
  t.ok(files.flatMap((file) => file.imports).length > 20);
});

for (const [name, rule] of Object.entries(RULES))
  t.test(name, async (t) => {
    t.same(rule(files), []);
  });

t.test('every adapter in the list is there', async (t) => {
  t.same(
    [...ADAPTERS, ...WIRING].filter((path) => !existsSync(root + path)),
    [],
  );
});
