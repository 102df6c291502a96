import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import t from 'tap';
import { boardQueries, filledIn } from './chart-boards.js';

const chosen = { namespace: '(shop|.+)', workload: 'web', interval: '1m' };

/** Complaints of promtool about expressions; there is no other way to have them parsed alone. */
function complaints(t: { testdir(): string }, expressions: readonly string[]): string {
  const path = `${t.testdir()}/rules.json`;
  const rules = expressions.map((expr, i) => ({ record: `query:${i}`, expr }));
  writeFileSync(path, JSON.stringify({ groups: [{ name: 'dashboards', rules }] })); // JSON is YAML
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', path], { encoding: 'utf8' });
  return status === 0 ? '' : `${stdout}${stderr}`;
}

t.test('promtool takes every expression of every dashboard', async (t) => {
  const queries = boardQueries();
  t.ok(queries.length > 100, `${queries.length} queries`);
  const expressions = queries.map(({ expression }) => filledIn(expression, chosen));
  t.same(
    expressions.filter((expression) => /\$[a-z_{]/i.test(expression)),
    [],
    'nothing is left for Grafana to fill in',
  );
  t.equal(complaints(t, expressions), '');
});

t.test('and refuses one that is wrong', async (t) => {
  t.match(complaints(t, ['sum(rate(snoopy_flow_bytes_total[1m])']), /query:0/);
});
