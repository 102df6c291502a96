import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import t from 'tap';
import { type AlertRule, alertRules, RULES, recordingRules } from './alert-rules.js';
import { type Case, cases } from './cases.js';

const rules = new Map(alertRules().map((rule) => [rule.alert, rule]));

/** promtool compares annotations too; here they are what Prometheus makes of them, so only their presence is looked at. */
function withoutAnnotations(): object {
  const plain = [...rules.values()].map(({ annotations: _, ...rule }: AlertRule) => rule);
  return { groups: [{ name: 'snoopy', rules: [...recordingRules(), ...plain] }] };
}

function unitTest({ alert, series, at, fires }: Case): object {
  const severity = rules.get(alert)?.labels.severity;
  return {
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [
      {
        eval_time: `${at}m`,
        alertname: alert,
        exp_alerts: fires.map((labels) => ({ exp_labels: { severity, ...labels } })),
      },
    ],
  };
}

/** What promtool says against it; empty: all is as expected. */
function complaints(t: { testdir(): string }, tests: readonly Case[]): string {
  const directory = t.testdir();
  // JSON is YAML
  writeFileSync(`${directory}/rules.json`, JSON.stringify(withoutAnnotations()));
  const file = { rule_files: ['rules.json'], evaluation_interval: '1m', tests: tests.map(unitTest) };
  writeFileSync(`${directory}/tests.json`, JSON.stringify(file));
  const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', `${directory}/tests.json`], {
    encoding: 'utf8',
  });
  return status === 0 ? '' : `${stdout}${stderr}`;
}

t.test('the file is one that Prometheus takes', async (t) => {
  const { status, stderr } = spawnSync('promtool', ['check', 'rules', RULES], { encoding: 'utf8' });
  t.equal(status, 0, stderr);
});

t.test('every alert has a case in which it fires and one in which it is silent', async (t) => {
  for (const name of rules.keys()) {
    const own = cases.filter(({ alert }) => alert === name);
    t.ok(
      own.some(({ fires }) => fires.length > 0),
      `${name} fires`,
    );
    t.ok(
      own.some(({ fires }) => fires.length === 0),
      `${name} is silent`,
    );
  }
  for (const { alert } of cases) t.ok(rules.has(alert), `${alert} exists`);
});

for (const one of cases)
  t.test(`${one.alert} ${one.fires.length > 0 ? 'fires' : 'is silent'}: ${one.says}`, async (t) => {
    t.equal(complaints(t, [one]), '');
  });

t.test('promtool would say so if an alert did not fire, or did when it should not', async (t) => {
  const loud = cases.find(({ fires }) => fires.length > 0)!;
  const quiet = cases.find(({ fires }) => fires.length === 0)!;
  t.match(complaints(t, [{ ...loud, fires: [] }]), 'FAILED');
  t.match(complaints(t, [{ ...quiet, fires: [{}] }]), 'FAILED');
});
