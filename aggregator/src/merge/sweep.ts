import { Protocol } from '@snoopy/proto';
import type { ConnectionTable } from './connection-table.js';
import type { FlowSources } from './flow-source.js';
import { Flag, SLOT_WORDS, Slot } from './slot-layout.js';

/** The whole table is looked at once in this time. */
const ROUND_MS = 5_000;
/** What is over at all ends that were seen stays so long for records that come late. */
const LINGER = 100;
/**
 * Silence after which a connection is forgotten, tenths of a second: longer than the agents' own idle timeouts
 * (agent/src/flow/timeouts.ts), whose last record ends it before. For other protocols agents let flows fade.
 */
const TCP_SILENT = 90_000;
const SCTP_SILENT = 3_000;
const OTHER_SILENT = 1_500;
/** The same when all agents that saw it are gone. */
const ORPHANED = 6_000;
/** Silence in which what agents let fade has nothing on the way any more, tenths of a second. */
const PAUSED = 300;
/** Connections among which the most silent one is evicted. */
const CANDIDATES = 32;

/** Forgets connections that are over, a part of the table at a time: a clock's hand, no list and no order to keep. */
export class Sweep {
  /** Silence after which agents and we forget what is no connection, milliseconds. */
  static readonly SILENT_MS = OTHER_SILENT * 100;
  /** What is over is kept so long. */
  static readonly LINGER_MS = LINGER * 100;
  static readonly PAUSED_MS = PAUSED * 100;
  /** No connection is kept for longer than this without a record. */
  static readonly LONGEST_MS = TCP_SILENT * 100;
  readonly #table: ConnectionTable;
  readonly #sources: FlowSources;
  readonly #forget: (slot: number, nowMs: number) => void;
  readonly #pause: (slot: number, nowMs: number) => void;
  #hand = 1;
  #lastMs: number;
  /** Fractions of a slot that were not looked at yet. */
  #rest = 0;

  /** @param pause called every few seconds for a connection that fades and is silent, before it is forgotten */
  constructor(
    table: ConnectionTable,
    sources: FlowSources,
    forget: (slot: number, nowMs: number) => void,
    pause: (slot: number, nowMs: number) => void,
    nowMs: number,
  ) {
    this.#table = table;
    this.#sources = sources;
    this.#forget = forget;
    this.#pause = pause;
    this.#lastMs = nowMs;
  }

  /** Looks at as many slots as time has passed. */
  run(nowMs: number): void {
    const share = Math.min(1, (nowMs - this.#lastMs) / ROUND_MS) * this.#table.used + this.#rest;
    this.#lastMs = nowMs;
    const slots = Math.floor(share);
    this.#rest = share - slots;
    for (let n = 0; n < slots; n++) {
      const slot = this.#next();
      if (!this.#table.isLive(slot)) continue;
      const silent = this.#silence(slot, nowMs / 100);
      if (silent < LINGER) continue;
      if (this.#isOver(slot, silent)) this.#forget(slot, nowMs);
      else if (silent >= PAUSED && this.#table.fades(slot)) this.#pause(slot, nowMs);
    }
  }

  /** Makes room: the most silent of some. */
  evict(nowMs: number): void {
    const now = nowMs / 100;
    let chosen = 0;
    let longest = -1;
    for (let n = 0; n < CANDIDATES; n++) {
      const slot = this.#table.connectionOf(this.#next());
      if (!this.#table.isLive(slot)) continue;
      const silent = this.#silence(slot, now);
      if (silent > longest) {
        longest = silent;
        chosen = slot;
      }
    }
    if (chosen !== 0) this.#forget(chosen, nowMs);
  }

  #next(): number {
    if (this.#hand >= this.#table.used) this.#hand = 1;
    return this.#hand++;
  }

  #silence(slot: number, now: number): number {
    return now - this.#table.words[slot * SLOT_WORDS + Slot.lastSeen]!;
  }

  #isOver(slot: number, silent: number): boolean {
    const flags = this.#table.words[slot * SLOT_WORDS + Slot.flags]!;
    const seen = flags & (Flag.seen * 3);
    const ended = flags & (Flag.ended * 3);
    if (ended === (seen / Flag.seen) * Flag.ended) return true;
    if (silent >= ORPHANED && this.#isOrphaned(slot, flags)) return true;
    const protocol = flags & Flag.protocolMask;
    if (protocol === Protocol.tcp) return silent >= TCP_SILENT;
    return silent >= (protocol === Protocol.sctp ? SCTP_SILENT : OTHER_SILENT);
  }

  #isOrphaned(slot: number, flags: number): boolean {
    const { words } = this.#table;
    for (let end = 0; end < 2; end++) {
      if (!(flags & (Flag.seen << end))) continue;
      if (this.#sources.get(words[slot * SLOT_WORDS + Slot.source + end]! - 1).connected) return false;
    }
    return true;
  }
}
