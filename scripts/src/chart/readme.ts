import type { ChartValue } from './values.js';

/** The table of README.md between its two marks. */
export const START = '<!-- values: made by npm run gen -->';
export const END = '<!-- end of values -->';

/** @param readme the file as it is: everything outside of the marks stays */
export function readmeWith(readme: string, values: readonly ChartValue[]): string {
  const [before, rest] = readme.split(START);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`README.md of the chart has lost its marks: ${START} and ${END}`);
  return `${before}${START}\n\n${table(values)}\n\n${END}${after}`;
}

function table(values: readonly ChartValue[]): string {
  const rows = values.map(({ path, fallback, text }) => [
    `\`${path.join('.')}\``,
    `\`${JSON.stringify(fallback)}\``,
    text,
  ]);
  return [['value', 'default', 'meaning'], ['---', '---', '---'], ...rows]
    .map((cells) => `| ${cells.map((cell) => cell!.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}
