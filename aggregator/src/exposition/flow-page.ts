import type { Clock } from '@snoopy/proto';
import { Cell } from './cells.js';
import { type Edges, OTHER_EDGE, SHOWN_OTHER_EDGE } from './edges.js';
import { type Family, flowFamilies } from './family.js';

/** Work between two turns of the event loop; a step within is a small part of it. */
const SLICE_MS = 2;
const STEP_LINES = 1_024;

/** What a family had no room for: it is added up in `other` whenever the page is brought up to date. */
interface Folded {
  readonly firstCell: number;
  readonly cells: number;
  /** Of the same series of `other`. */
  readonly otherCell: number;
}

/** The flow families as text, kept between scrapes and brought up to date in slices. */
export class FlowPage {
  readonly families: readonly Family[] = flowFamilies();
  /** By edge: bits of the series that were placed, on the page or in `other`. */
  #placed = new Uint32Array(64);
  readonly #folded: Folded[] = [];

  /** @param mostLines of one family; series beyond it are folded into `other` */
  constructor(
    readonly edges: Edges,
    readonly mostLines: number,
    readonly clock: Clock,
  ) {}

  /** Series without lines of their own. */
  get folded(): number {
    return this.#folded.length;
  }

  /** The families' pages, those without a line left out. Valid until the next `update`. */
  texts(): Buffer[] {
    return this.families.filter((family) => family.shown > 0).map((family) => family.page.text);
  }

  /** Brings the page up to date. Nobody may read it meanwhile. */
  async update(): Promise<void> {
    const slices = new Slices(this.clock);
    await this.#place(slices);
    this.#sumOther();
    for (const family of this.families) {
      const step = Math.ceil(STEP_LINES / family.linesEach);
      for (let from = 0; from < family.shown; from += step) {
        family.update(this.edges.cells, from, Math.min(family.shown, from + step));
        if (slices.over) await slices.next();
      }
    }
  }

  /** Gives lines to series that count for the first time. */
  async #place(slices: Slices): Promise<void> {
    const { edges } = this;
    const { count } = edges;
    if (this.#placed.length < count) this.#grow(count);
    for (let edge = 0; edge < count; edge++) {
      const fresh = edges.wanted[edge]! & ~this.#placed[edge]!;
      if (fresh === 0) continue;
      this.#placed[edge]! |= fresh;
      this.#placeEdge(edge, fresh);
      if (slices.over) await slices.next();
    }
  }

  #placeEdge(edge: number, fresh: number): void {
    for (const family of this.families) {
      for (const series of family.series) {
        if ((fresh & (1 << series.bit)) === 0) continue;
        const firstCell = edge * Cell.each + series.cell;
        const fits = family.page.lines + family.linesEach <= this.mostLines;
        if (edge === SHOWN_OTHER_EDGE || (fits && edge !== OTHER_EDGE)) {
          family.add(this.edges.labels[edge]!, series, firstCell);
        } else {
          this.#fold({
            firstCell,
            cells: series.cells,
            otherCell: SHOWN_OTHER_EDGE * Cell.each + series.cell,
          });
          this.#showOther(series.bit);
        }
      }
    }
  }

  #fold(folded: Folded): void {
    this.#folded.push(folded);
  }

  #showOther(bit: number): void {
    const mask = 1 << bit;
    if ((this.#placed[SHOWN_OTHER_EDGE]! & mask) !== 0) return;
    this.#placed[SHOWN_OTHER_EDGE]! |= mask;
    this.#placeEdge(SHOWN_OTHER_EDGE, mask);
  }

  #sumOther(): void {
    const { cells } = this.edges;
    const start = SHOWN_OTHER_EDGE * Cell.each;
    cells.fill(0, start, start + Cell.each);
    for (const { firstCell, cells: each, otherCell } of this.#folded) {
      for (let i = 0; i < each; i++) cells[otherCell + i]! += cells[firstCell + i]!;
    }
  }

  #grow(count: number): void {
    const larger = new Uint32Array(2 * count);
    larger.set(this.#placed);
    this.#placed = larger;
  }
}

/** Lets the event loop turn when a slice is over. */
class Slices {
  #end: number;

  constructor(readonly clock: Clock) {
    this.#end = clock.monotonicMs() + SLICE_MS;
  }

  get over(): boolean {
    return this.clock.monotonicMs() >= this.#end;
  }

  async next(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#end = this.clock.monotonicMs() + SLICE_MS;
  }
}
