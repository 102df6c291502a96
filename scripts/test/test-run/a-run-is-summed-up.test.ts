import t from 'tap';
import { TapSummary } from '../../src/test-run/tap-summary.js';

function summarise(tap: string) {
  const lines: string[] = [];
  const summary = new TapSummary((line) => lines.push(line));
  for (const line of tap.split('\n')) summary.line(line);
  return { totals: summary.end(), text: lines.join('\n') };
}

const good = `TAP version 14
# Subtest: agent/build/test/a.test.js
    # Subtest: works
        ok 1 - fine
        1..1
    ok 1 - works # time=1ms
    ok 2 - with containerd # SKIP no containerd here
    1..2
ok 1 - agent/build/test/a.test.js # time=1234.5ms
`;

const bad = `# Subtest: agent/build/test/b.test.js
    ok 1 - fine
    not ok 2 - the sum
      ---
      diff: |
        ok was expected
      ...
    ok 3 - fine too
not ok 2 - agent/build/test/b.test.js # time=10ms
  ---
  exitCode: 1
  ...
`;

t.test('each file has a line, skips have their reasons', async (t) => {
  const { totals, text } = summarise(`${good}1..1\n# { total: 2, pass: 1, skip: 1 }\n# time=3ms`);
  t.same(totals, { passed: 1, failed: 0, skipped: 1 });
  t.equal(
    text,
    'ok        1.2 s  agent/test/a.test\n\nskipped:\n  agent/test/a.test: with containerd: no containerd here',
  );
});

t.test('a failure is shown with its diagnosis, and nothing else is', async (t) => {
  const { totals, text } = summarise(`${good}${bad}1..2\n# { total: 5, pass: 3, fail: 1, skip: 1 }`);
  t.same(totals, { passed: 3, failed: 1, skipped: 1 });
  t.match(text, /FAILED +0\.0 s {2}agent\/test\/b\.test\n {4}not ok 2 - the sum\n {6}---\n {6}diff/);
  t.match(text, 'ok was expected');
  t.notMatch(text, 'fine');
});

t.test('a run that broke off counts as failed', async (t) => {
  t.match(summarise('').totals, { failed: 1 });
  t.match(summarise(`${good}boom`), { totals: { failed: 1 }, text: /boom/ });
});

t.test('a file that fails without an assertion counts as failed', async (t) => {
  t.match(summarise(`${bad}# { total: 2, pass: 2 }`).totals, { failed: 1 });
});
