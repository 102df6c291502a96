/** Text in columns. Cells hold no control characters; colours are put on by the caller, after padding. */

export type Align = 'left' | 'right';

export interface Column {
  readonly title: string;
  readonly align?: Align;
}

/** Whole tables, widths known: header and rows as lines, without colours. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map(({ title }, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => pad(cell, widths[i]!, columns[i]!.align))
      .join('  ')
      .trimEnd();
  return [line(columns.map(({ title }) => title)), ...rows.map(line)];
}

/** A table that grows line by line: a column widens when it has to, up to a bound, and never shrinks. */
export class GrowingColumns {
  readonly #widths: number[];

  /** @param first widths to begin with  @param most widths that are not exceeded: longer cells stick out */
  constructor(
    first: readonly number[],
    readonly most: readonly number[],
  ) {
    this.#widths = [...first];
  }

  /** The cells, each padded to its column. */
  pad(cells: readonly string[]): string[] {
    return cells.map((cell, i) => {
      const most = this.most[i]!;
      if (cell.length > this.#widths[i]!) this.#widths[i] = Math.min(cell.length, most);
      return cell.padEnd(this.#widths[i]!);
    });
  }
}

function pad(text: string, width: number, align: Align = 'left'): string {
  return align === 'right' ? text.padStart(width) : text.padEnd(width);
}
