import type { FlowColumns } from '@snoopy/proto';
import type { CaptureTable } from './capture-table.js';
import type { DnsPool } from './dns-pool.js';
import type { FlowCounters } from './flow-counters.js';
import type { FlowLife } from './flow-life.js';
import type { FlowStore } from './flow-store.js';
import { DOUBLES, END_US, FLAGS, Flag, LEAVE_REASON, OPEN_US, WORDS } from './layout.js';
import { RowWriter } from './row-writer.js';
import { HOLD_US, WINDOW_US } from './timeouts.js';

/** Decides which flows become rows: those that are due, and at the end of a window those that had packets. */
export class FlowDrain {
  readonly #store: FlowStore;
  readonly #writer: RowWriter;
  #window = -1;
  /** So many of `touched`, from its head, belong to a window that is over. */
  #overdue = 0;

  constructor(
    private readonly life: FlowLife,
    captures: CaptureTable,
    pool: DnsPool,
    counters: FlowCounters,
  ) {
    this.#store = life.store;
    this.#writer = new RowWriter(life.store, captures, pool, counters);
  }

  /** Ends the window when its time is over. */
  advance(nowUs: number): void {
    const window = Math.floor(nowUs / WINDOW_US);
    if (window === this.#window) return;
    this.#window = window;
    this.#overdue = this.life.touched.length;
  }

  /** See FlowTable.drain(). */
  fill(columns: FlowColumns, nowUs: number, budgetRows: number): boolean {
    this.#writer.begin(columns);
    const limit = Math.min(budgetRows, columns.capacity);
    return this.#fillDue(columns, nowUs, limit) || this.#fillTouched(columns, limit);
  }

  /** @returns whether the batch is full and more is due */
  #fillDue(columns: FlowColumns, nowUs: number, limit: number): boolean {
    const { due } = this.life;
    let all = true;
    // what is held goes back to the tail, so each is looked at once
    for (let left = due.length; left > 0; left--) {
      if (columns.rows >= limit || !this.#writer.hasRoom(columns)) return true;
      const flow = due.shift();
      this.#clearFlag(flow, Flag.inDue);
      if (!this.#store.isLive(flow)) continue;
      if (this.#isHeld(flow, nowUs)) this.life.setDue(flow);
      else if (!this.#emit(columns, flow)) all = false;
    }
    return !all;
  }

  #fillTouched(columns: FlowColumns, limit: number): boolean {
    const { touched } = this.life;
    for (; this.#overdue > 0; this.#overdue--) {
      if (columns.rows >= limit || !this.#writer.hasRoom(columns)) return true;
      const flow = touched.shift();
      this.#clearFlag(flow, Flag.inTouched);
      const flags = this.#store.words[flow * WORDS + FLAGS]!;
      // what is due as well has its own moment
      if (flags & Flag.live && !(flags & Flag.inDue)) this.#emit(columns, flow);
    }
    return false;
  }

  /** @returns whether all that the flow has to say has been said */
  #emit(columns: FlowColumns, flow: number): boolean {
    if (!this.life.owesRow(flow)) return true;
    if (!this.#writer.write(columns, flow)) {
      this.life.setDue(flow);
      return false;
    }
    if (!(this.#store.words[flow * WORDS + FLAGS]! & Flag.indexed)) this.life.release(flow);
    return true;
  }

  /** An attempt waits a moment for its answer, an end for its stragglers. A clock that went back holds nothing. */
  #isHeld(flow: number, nowUs: number): boolean {
    const base = flow * WORDS;
    const flags = this.#store.words[base + FLAGS]!;
    if (this.#store.rare[base + LEAVE_REASON] !== 0) return false;
    let since = Number.NEGATIVE_INFINITY;
    if ((flags & (Flag.ended | Flag.reported)) === Flag.ended)
      since = this.#store.rareDoubles[flow * DOUBLES + END_US]!;
    else if (flags & Flag.handshaking && flags & Flag.opened)
      since = this.#store.rareDoubles[flow * DOUBLES + OPEN_US]!;
    return nowUs >= since && nowUs - since < HOLD_US;
  }

  #clearFlag(flow: number, flag: number): void {
    const at = flow * WORDS + FLAGS;
    this.#store.words[at] = this.#store.words[at]! & ~flag;
  }
}
