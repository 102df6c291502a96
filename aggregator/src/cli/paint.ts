/** Colours of a terminal (ECMA-48, SGR). */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  odd(text: string): string;
}

const sgr = (code: number) => (text: string) => (text === '' ? '' : `\u001b[${code}m${text}\u001b[0m`);
const same = (text: string) => text;

export const paint: Paint = { bold: sgr(1), dim: sgr(2), good: sgr(32), bad: sgr(31), odd: sgr(33) };

export const plain: Paint = { bold: same, dim: same, good: same, bad: same, odd: same };
