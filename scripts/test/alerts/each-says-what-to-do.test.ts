import t from 'tap';
import { alertRules } from './alert-rules.js';

const rules = alertRules();

t.test('names are unique and begin with Snoopy', async (t) => {
  const names = rules.map(({ alert }) => alert);
  t.equal(new Set(names).size, names.length);
  for (const name of names) t.match(name, /^Snoopy[A-Z]\w+$/);
});

for (const { alert, labels, annotations, for: wait } of rules) {
  t.test(
    `${alert} has a severity, waits a little, and says what is wrong, what it means and what to do`,
    async (t) => {
      t.match(labels.severity, /^(critical|warning|info)$/);
      t.match(wait, /^\d+m$/);
      t.same(Object.keys(annotations), ['summary', 'description', 'runbook']);
      const { summary, description, runbook } = annotations;
      t.ok(summary!.length > 20 && summary!.length < 150, 'summary');
      t.ok(description!.length > 40, 'description');
      t.ok(runbook!.length > 80, 'runbook');
    },
  );
}
