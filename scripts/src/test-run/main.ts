import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { TapSummary, type Totals } from './tap-summary.js';

/*
 * Reads TAP from standard input; the last line says the counts. Exits with 1 if something failed.
 *
 *   main.js FILE            first run: FILE gets the counts and the test files that failed
 *   main.js FILE again      those files once more: the counts are of both runs together
 */
const [file, again] = process.argv.slice(2);
const summary = new TapSummary((line) => console.log(line));
for await (const line of createInterface({ input: process.stdin })) summary.line(line);
const now = summary.end();
const before = again && file ? (JSON.parse(readFileSync(file, 'utf8')) as Remembered).totals : undefined;
if (file) writeFileSync(file, JSON.stringify({ totals: now, failed: summary.failed } satisfies Remembered));
const totals = before ? together(before, now) : now;
const text = `${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`;
console.log(`\n${totals.failed > 0 && file && !again ? 'first run' : 'tests'}: ${text}`);
process.exitCode = totals.failed > 0 ? 1 : 0;

interface Remembered {
  readonly totals: Totals;
  readonly failed: readonly string[];
}

/** What passed in the first run stays so; what failed counts as the second run says. */
function together(first: Totals, second: Totals): Totals {
  return {
    passed: first.passed + second.passed,
    failed: second.failed,
    skipped: first.skipped + second.skipped,
  };
}
