import type { Clock } from '@snoopy/proto';
import { Sweep } from '../merge/sweep.js';
import { Cell, seriesBits } from './cells.js';
import { type Edges, OTHER_EDGE, SHOWN_OTHER_EDGE } from './edges.js';
import { type Family, flowFamilies, type Series } from './family.js';

/** Work between two turns of the event loop; a step within is a small part of it. */
const SLICE_MS = 2;
const STEP_LINES = 1_024;
/**
 * Series that counted nothing for so long (3 h) give their place to those that have none. By then no connection
 * remembers them: a memo (MergedFlow.memo) lives as long as its connection.
 */
const IDLE_MS = Sweep.LONGEST_MS + 1_800_000;
/** Making room makes the page anew, so it is done this often at most. */
const ROOM_MS = 600_000;

/** What a family had no room for: it is added up in `other` whenever the page is brought up to date. */
interface Folded {
  readonly edge: number;
  readonly bit: number;
  readonly firstCell: number;
  readonly cells: number;
  /** Of the same series of `other`. */
  readonly otherCell: number;
}

/** The flow families as text, kept between scrapes and brought up to date in slices. */
export class FlowPage {
  families: readonly Family[] = flowFamilies();
  /** By edge: bits of the series that were placed, on the page or in `other`. */
  #placed = new Uint32Array(64);
  /** By edge: bits of those on the page. */
  #shown = new Uint32Array(64);
  #folded: Folded[] = [];
  /** Of those, the ones of an edge of their own. */
  #withoutLine = 0;
  #roomMs = Number.NEGATIVE_INFINITY;
  /** `Edges.folded` when room was made last. */
  #foldedFlows = 0;

  /** @param mostLines of one family; series beyond it are folded into `other` */
  constructor(
    readonly edges: Edges,
    readonly mostLines: number,
    readonly clock: Clock,
  ) {}

  /** Series without lines of their own. */
  get folded(): number {
    return this.#withoutLine;
  }

  /** The families' pages, those without a line left out. Valid until the next `update`. */
  texts(): Buffer[] {
    return this.families.filter((family) => family.shown > 0).map((family) => family.page.text);
  }

  /** Brings the page up to date. Nobody may read it meanwhile. */
  async update(): Promise<void> {
    const slices = new Slices(this.clock);
    if (this.#makeRoom()) await this.#showAgain(slices);
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

  /**
   * Where series have no lines of their own, those that were silent for hours go, and the page begins anew. What was
   * counted in `other` stays there, because a counter that gets smaller looks like a restart to who reads it.
   * Returns whether it did.
   */
  #makeRoom(): boolean {
    const { edges } = this;
    const nowMs = this.clock.monotonicMs();
    edges.look(nowMs);
    if (!this.#lacksRoom || nowMs - this.#roomMs < ROOM_MS || !edges.anyIdle(nowMs - IDLE_MS)) return false;
    this.#roomMs = nowMs;
    this.#foldedFlows = edges.folded;
    for (const folded of this.#folded) this.#leaveInOther(folded);
    this.#folded = [];
    this.#withoutLine = 0;
    edges.evict(nowMs - IDLE_MS);
    this.families = flowFamilies();
    this.#placed.fill(0);
    return true;
  }

  /** Whether a series has no line, or a connection came since that had no room for an edge. */
  get #lacksRoom(): boolean {
    return this.edges.folded > this.#foldedFlows || this.#withoutLine > 0;
  }

  #leaveInOther({ edge, bit, firstCell, cells: each, otherCell }: Folded): void {
    if (edge === OTHER_EDGE) return;
    const { cells, wanted } = this.edges;
    const other = otherCell + (OTHER_EDGE - SHOWN_OTHER_EDGE) * Cell.each;
    for (let i = 0; i < each; i++) cells[other + i]! += cells[firstCell + i]!;
    cells.fill(0, firstCell, firstCell + each);
    wanted[OTHER_EDGE]! |= 1 << bit;
  }

  /** Series that were on the page before it began anew come first: one that got no line now would seem to end. */
  async #showAgain(slices: Slices): Promise<void> {
    const { edges } = this;
    const shown = this.#shown;
    this.#shown = new Uint32Array(shown.length);
    for (let edge = SHOWN_OTHER_EDGE + 1; edge < shown.length; edge++) {
      const bits = shown[edge]! & edges.wanted[edge]!;
      if (bits === 0) continue;
      this.#placed[edge]! |= bits;
      this.#placeEdge(edge, bits);
      if (slices.over) await slices.next();
    }
  }

  /** Gives lines to series that count for the first time. */
  async #place(slices: Slices): Promise<void> {
    const { edges } = this;
    const { count } = edges;
    if (this.#placed.length < count) this.#grow(count);
    for (let edge = 0; edge < count; edge++) {
      const fresh = edges.wanted[edge]! & seriesBits & ~this.#placed[edge]!;
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
          this.#shown[edge]! |= 1 << series.bit;
        } else this.#fold(edge, series);
      }
    }
  }

  #fold(edge: number, { bit, cell, cells }: Series): void {
    const firstCell = edge * Cell.each + cell;
    if (edge !== OTHER_EDGE) this.#withoutLine++;
    this.#folded.push({ edge, bit, firstCell, cells, otherCell: SHOWN_OTHER_EDGE * Cell.each + cell });
    this.#showOther(bit);
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
    const shown = new Uint32Array(2 * count);
    shown.set(this.#shown);
    this.#shown = shown;
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
