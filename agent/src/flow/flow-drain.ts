import type { FlowColumns } from '@snoopy/proto';
import type { CaptureTable } from './capture-table.js';
import type { DnsPool } from './dns-pool.js';
import type { FlowCounters } from './flow-counters.js';
import type { FlowLife } from './flow-life.js';
import type { FlowStore } from './flow-store.js';
import { DOUBLES, END_US, FIRST_US, FLAGS, Flag, LAST_US, LEAVE_REASON, WORDS } from './layout.js';
import { RowWriter } from './row-writer.js';
import { PATIENCE_US, QUIET_US, WINDOW_US } from './timeouts.js';

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

  /** Ends the window when its time is over and its packets are here. */
  advance(nowUs: number): void {
    // Captures hand on a window's last packets a little later.
    const window = Math.floor((nowUs - QUIET_US) / WINDOW_US);
    if (window === this.#window) return;
    this.#window = window;
    this.#overdue = this.life.touched.length;
  }

  /** See FlowTable.drain(). */
  fill(columns: FlowColumns, nowUs: number, budgetRows: number): boolean {
    this.#writer.begin(columns);
    const limit = Math.min(budgetRows, columns.capacity);
    this.#passOn();
    return this.#fillDue(columns, nowUs, limit);
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

  /** What had packets in a window that is over is due; what had its first ones since then is not yet. */
  #passOn(): void {
    const { touched } = this.life;
    const startUs = this.#window * WINDOW_US;
    for (; this.#overdue > 0; this.#overdue--) {
      const flow = touched.shift();
      this.#clearFlag(flow, Flag.inTouched);
      if (!this.#store.isLive(flow)) continue;
      if (this.#store.doubles[flow * DOUBLES + FIRST_US]! >= startUs) this.life.setTouched(flow);
      else this.life.setDue(flow);
    }
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

  /** Whether it is to be expected that more belongs into the row. A clock that went back holds nothing. */
  #isHeld(flow: number, nowUs: number): boolean {
    const base = flow * WORDS;
    const at = flow * DOUBLES;
    if (this.#store.rare[base + LEAVE_REASON] !== 0) return false;
    const { doubles } = this.#store;
    const silentUs = nowUs - doubles[at + LAST_US]!;
    if (silentUs < 0 || silentUs >= QUIET_US) return false;
    const flags = this.#store.words[base + FLAGS]!;
    const isEnd = (flags & (Flag.ended | Flag.reported)) === Flag.ended;
    const sinceUs = isEnd
      ? this.#store.rareDoubles[at + END_US]!
      : Math.max(doubles[at + FIRST_US]!, this.#window * WINDOW_US);
    return nowUs >= sinceUs && nowUs - sinceUs < PATIENCE_US;
  }

  #clearFlag(flow: number, flag: number): void {
    const at = flow * WORDS + FLAGS;
    this.#store.words[at] = this.#store.words[at]! & ~flag;
  }
}
