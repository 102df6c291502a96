/** All rows that are held together. */
const MOST_BYTES = 1 << 20;

export type HeldKind = 'socket' | 'flow' | 'frame';

/** A copy of what the programs said about a namespace of which nobody has said yet whose it is. */
export interface HeldRow {
  readonly kind: HeldKind;
  readonly view: DataView;
}

/** Rows that wait for a name, by the number that the programs have for their namespace. */
export class HeldRows {
  /** Rows that found no room. */
  lost = 0;
  readonly #rows = new Map<number, HeldRow[]>();
  #bytes = 0;

  /** From now on rows of that number are held. */
  open(number: number): void {
    this.#rows.set(number, []);
  }

  /** Keeps a copy, if rows of that number are held: what nobody has claimed in time is nobody's. */
  hold(number: number, kind: HeldKind, view: DataView, offset: number, length: number): void {
    const rows = this.#rows.get(number);
    if (!rows) return;
    if (this.#bytes + length > MOST_BYTES) {
      this.lost++;
      return;
    }
    const start = view.byteOffset + offset;
    this.#bytes += length;
    this.#rows
      .get(number)
      ?.push({ kind, view: new DataView(view.buffer.slice(start, start + length) as ArrayBuffer) });
  }

  /** Gives what was held, in its order, and holds nothing more. */
  take(number: number): readonly HeldRow[] {
    const rows = this.#rows.get(number) ?? [];
    this.#rows.delete(number);
    for (const { view } of rows) this.#bytes -= view.byteLength;
    return rows;
  }
}
