import { appendFileSync } from 'node:fs';

/** One line of `npm run bench`: our figure and, where there is one, a peer's from the same run. */
export interface BenchRow {
  /** Name of the bench, e.g. `decode`. */
  bench: string;
  /** What was measured, e.g. `1,000,000 packets, 1,000 flows`. */
  what: string;
  ours: number;
  /** The program beside it, e.g. `softflowd 1.1.0`. */
  peer?: string;
  peerValue?: number;
  /** Ours by the peer's, so that above 1 is better for us whatever the unit. */
  ratio?: number;
  unit: string;
  note?: string;
}

/** File to which printRows appends each row as a line of JSON; set by `npm run bench`. */
export const ROWS_VARIABLE = 'SNOOPY_BENCH_ROWS';

/** Prints rows as an aligned table, one line each, and hands them to `npm run bench` if that started us. */
export function printRows(rows: readonly BenchRow[]): void {
  for (const row of rows) process.stdout.write(`${formatRow(row)}\n`);
  const file = process.env[ROWS_VARIABLE];
  if (file) appendFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

/** One line: bench, what, our figure, unit, the peer's figure, the ratio, a note. */
export function formatRow(row: BenchRow): string {
  const peer = row.peer === undefined ? '' : `  ${row.peer} ${figure(row.peerValue ?? Number.NaN)}`;
  const ratio = row.ratio === undefined ? '' : `  ratio ${row.ratio.toFixed(2)}`;
  const note = row.note === undefined ? '' : `  (${row.note})`;
  return `${row.bench.padEnd(10)} ${row.what.padEnd(44)} ${figure(row.ours)} ${row.unit}${peer}${ratio}${note}`;
}

function figure(value: number): string {
  return value >= 1000
    ? Math.round(value).toLocaleString('en-US').padStart(12)
    : value.toPrecision(4).padStart(12);
}
