import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BenchRow, formatRow, ROWS_VARIABLE } from './bench-row.js';
import { describeMachine } from './machine.js';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const RESULTS = join(ROOT, 'bench-results.json');

/** Every bench of the workspaces whose path holds one of the words; all without words. */
function findBenches(words: readonly string[]): string[] {
  return ['proto', 'agent', 'aggregator', 'scripts']
    .map((workspace) => join(ROOT, workspace, 'build/bench'))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((path) => path.endsWith('.bench.js'))
    .filter((path) => words.length === 0 || words.some((word) => path.slice(ROOT.length).includes(word)));
}

const nameOf = (path: string): string =>
  path.slice(ROOT.length).replace('/build/bench/', ' ').replace('.bench.js', '');

/** Runs one bench as a process of its own; returns its rows, and whether it ended well. */
async function run(path: string): Promise<{ rows: BenchRow[]; failed: boolean }> {
  const folder = mkdtempSync(join(tmpdir(), 'snoopy-bench-'));
  const file = join(folder, 'rows');
  const options = ['--enable-source-maps', '--expose-gc', path];
  const child = spawn(process.execPath, options, {
    stdio: 'inherit',
    env: { ...process.env, [ROWS_VARIABLE]: file },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  rmSync(folder, { recursive: true });
  const rows = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as BenchRow);
  return { rows, failed: code !== 0 };
}

const benches = findBenches(process.argv.slice(2));
if (benches.length === 0) {
  console.error(`no bench has one of these words in its path: ${process.argv.slice(2).join(' ')}`);
  console.error(
    `there are:\n${findBenches([])
      .map((path) => `  ${nameOf(path)}`)
      .join('\n')}`,
  );
  process.exit(2);
}
const machine = describeMachine();
if (machine.load > machine.cores / 4)
  console.log(`This machine is busy (load ${machine.load}): the figures will be worse than it could do.`);
const all: BenchRow[] = [];
const failed: string[] = [];
for (const path of benches) {
  const start = performance.now();
  console.log(`\n— ${nameOf(path)}`);
  const result = await run(path);
  all.push(...result.rows);
  if (result.failed) failed.push(nameOf(path));
  console.log(
    `— ${result.failed ? 'FAILED' : 'done'} after ${((performance.now() - start) / 1_000).toFixed(0)} s`,
  );
}
console.log(
  `\n${machine.cores} cores of ${machine.cpu}, Linux ${machine.kernel}, node ${machine.node}, ${machine.commit}`,
);
for (const row of all) console.log(formatRow(row));
writeFileSync(
  RESULTS,
  `${JSON.stringify({ date: new Date().toISOString(), machine, rows: all, failed }, null, 2)}\n`,
);
console.log(`\nwritten to bench-results.json${failed.length > 0 ? `; FAILED: ${failed.join(', ')}` : ''}`);
process.exitCode = failed.length > 0 ? 1 : 0;
