import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import t from 'tap';
import { documentedEmpties } from '../demo/documented-empties.js';
import { boardQueries, filledIn } from './chart-boards.js';

// The demo shows that queries find real series; these need series that a demo does not have.

const series: Readonly<Record<string, string>> = {
  'snoopy_lost_total{node="n1",stage="capture",reason="kernel",unit="packets"}': '0+60x20',
  'snoopy_lost_total{node="n1",stage="uplink",reason="full",unit="records"}': '0+120x20',
  'snoopy_node_connected{node="n1"}': '1x20',
  'snoopy_node_connected{node="n2"}': '1x5 0x15',
};

/** By the beginning of `dashboard: panel: legend`: what is shown after ten minutes. */
const expected: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'snoopy-captures: Packets dropped, by node and stage': { '{node="n1",reason="kernel"}': 1 },
  'snoopy-itself: Lost, by stage and reason': {
    '{stage="capture",reason="kernel",unit="packets"}': 1,
    '{stage="uplink",reason="full",unit="records"}': 2,
  },
  'snoopy-itself: Lost, by node': { '{node="n1",unit="packets"}': 1, '{node="n1",unit="records"}': 2 },
  'snoopy-itself: Nodes without their agent': { '{node="n2"}': 0 },
};

const lacking = boardQueries().filter(({ where }) =>
  documentedEmpties.some(([pattern]) => pattern.test(where)),
);

for (const { where, expression } of lacking)
  t.test(where, async (t) => {
    const [, samples] = Object.entries(expected).find(([name]) => where.startsWith(name)) ?? [];
    t.ok(samples, 'it is said here what is expected');
    const expr = filledIn(expression, { namespace: '.+', workload: '.+', interval: '2m' });
    const exp_samples = Object.entries(samples ?? {}).map(([labels, value]) => ({ labels, value }));
    const input_series = Object.entries(series).map(([name, values]) => ({ series: name, values }));
    const promql_expr_test = [{ expr, eval_time: '10m', exp_samples }];
    const path = `${t.testdir()}/tests.json`;
    writeFileSync(path, JSON.stringify({ tests: [{ interval: '1m', input_series, promql_expr_test }] })); // JSON is YAML
    const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', path], { encoding: 'utf8' });
    t.equal(status, 0, `${stdout}${stderr}`);
  });
