/*
 * Makes what a person wants to read out of what `tap run` prints (TAP 14): one line a test file, failures in full,
 * skips with their reasons, and the counts. A file is a subtest at the top level; its results come indented before
 * its own line.
 */

const FILE = /^(not )?ok \d+ - (\S+)(?: # (?:time=([\d.]+)ms|SKIP ?(.*)))?/;
const TOTALS = /^# \{ (.*) \}$/;
const SKIPPED = /^ +ok \d+ - (.*?) # SKIP ?(.*)$/;
const FAILED = /^ +not ok /;
const ORDINARY = /^ *(ok|not ok|#|\d+\.\.\d+|$)/;

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export class TapSummary {
  /** Test files that failed, as tap names them. */
  readonly failed: string[] = [];
  readonly #print: (line: string) => void;
  readonly #skips: string[] = [];
  #block: string[] = [];
  #totals: Totals | undefined;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  /** Takes the next line of tap's output. */
  line(text: string): void {
    const file = FILE.exec(text);
    if (file) this.#file(file);
    else if (TOTALS.test(text)) this.#totals = parseTotals(text);
    else if (!text.startsWith('TAP ') && !/^1\.\.\d+|^# (Subtest|No coverage|time)/.test(text))
      this.#block.push(text);
  }

  /** What was counted. A run that ended without its totals counts as one failure. */
  end(): Totals {
    if (this.#skips.length > 0) this.#print('\nskipped:');
    for (const skip of this.#skips) this.#print(`  ${skip}`);
    if (this.#totals) return { ...this.#totals, failed: Math.max(this.#totals.failed, this.failed.length) };
    for (const line of this.#block) this.#print(line);
    return { passed: 0, failed: Math.max(1, this.failed.length), skipped: 0 };
  }

  #file([, failed, path = '', time = '0', skip]: RegExpExecArray): void {
    const name = path.replace('/build/test/', '/test/').replace(/\.js$/, '');
    const word = failed ? 'FAILED' : skip === undefined ? 'ok' : 'skipped';
    this.#print(`${word.padEnd(7)} ${(Number(time) / 1_000).toFixed(1).padStart(5)} s  ${name}`);
    if (failed) {
      this.failed.push(path);
      for (const line of failuresOf(this.#block)) this.#print(line);
    }
    if (skip !== undefined) this.#skips.push(`${name}: ${skip || 'no reason given'}`);
    for (const line of this.#block) {
      const found = SKIPPED.exec(line);
      if (found) this.#skips.push(`${name}: ${found[1]}${found[2] ? `: ${found[2]}` : ''}`);
    }
    this.#block = [];
  }
}

/** The lines of each failed assertion with its diagnosis, and what stands outside of TAP (a crash's stack). */
function failuresOf(block: readonly string[]): string[] {
  const state = { keep: false, diagnosis: false };
  return block.filter((line) => {
    const fence = line.trim();
    if (fence === '---') state.diagnosis = true;
    else if (!state.diagnosis) state.keep = FAILED.test(line) || !ORDINARY.test(line);
    if (fence === '...') state.diagnosis = false;
    return state.keep;
  });
}

function parseTotals(text: string): Totals {
  const count = (name: string): number => Number(new RegExp(`\\b${name}: (\\d+)`).exec(text)?.[1] ?? 0);
  return { passed: count('pass'), failed: count('fail'), skipped: count('skip') + count('todo') };
}
