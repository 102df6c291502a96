import { createInterface } from 'node:readline';
import { TapSummary } from './tap-summary.js';

/** Reads TAP from standard input; the last line says the counts. Exits with 1 if something failed. */
const summary = new TapSummary((line) => console.log(line));
for await (const line of createInterface({ input: process.stdin })) summary.line(line);
const { passed, failed, skipped } = summary.end();
console.log(`\ntests: ${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 ? 1 : 0;
