import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { catalogue } from '../../../src/podtracer/catalogue/catalogue.js';

const rbac = fileURLToPath(new URL('../../../../../charts/snoopy/templates/rbac.yaml', import.meta.url));

t.test('the chart’s role for operators names every tool', async (t) => {
  const named = [...readFileSync(rbac, 'utf8').matchAll(/tools\/([a-z0-9]+)/g)].map(([, name]) => name);
  t.same(named.sort(), catalogue.map(({ name }) => name).sort());
});
