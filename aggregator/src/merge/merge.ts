import type { FlowColumns } from '@snoopy/proto';
import type { PodIndex } from '../pods/pod-index.js';
import { Aliases } from './aliases.js';
import { BatchContext } from './batch-context.js';
import { Completeness } from './completeness.js';
import { ConnectionTable } from './connection-table.js';
import { Expectation } from './expectation.js';
import { FlowEmitter } from './flow-emitter.js';
import { type FlowSource, FlowSources } from './flow-source.js';
import { endOf, IsnFinder } from './isn-finder.js';
import type { FlowSink } from './merged-flow.js';
import { PendingRing } from './pending-ring.js';
import { SCRATCH } from './record-layout.js';
import { ExtrasCursor, type RowExtras } from './row-extras.js';
import { MOST_TOUCHED, SlotFinder } from './slot-finder.js';
import { Flag, SLOT_WORDS, Slot, TWO_BITS } from './slot-layout.js';
import { Sweep } from './sweep.js';
import { ViewNotes } from './view-notes.js';
import { WaitingRoom } from './waiting-room.js';

export interface MergeOptions {
  readonly sinks: readonly FlowSink[];
  readonly pods: PodIndex;
  /** 32 random bits. */
  readonly seed: number;
  /** Most live connections; beyond, the one that was silent longest is forgotten. 128 bytes each, once used. */
  readonly capacity?: number;
  /** Now, on both clocks. */
  readonly nowMs: number;
  readonly nowUs: number;
}

/**
 * Joins the two ends' records of a connection into merged flows.
 *
 * Views join by protocol, addresses and ports; TCP's initial sequence numbers tell connections apart that use the
 * same ones, and join views whose addresses a NAT changed (isn-finder.ts). Other protocols have nothing that a NAT
 * leaves alone: their views join by addresses and ports or not at all. A record waits for the other end's where that is
 * to be expected (waiting-room.ts), and leaves alone otherwise.
 */
export class Merge {
  readonly sources = new FlowSources();
  /** Slots that had to go early because all were taken. */
  evicted = 0;
  readonly #table: ConnectionTable;
  readonly #sinks: readonly FlowSink[];
  readonly #pods: PodIndex;
  readonly #context: BatchContext;
  readonly #aliases: Aliases;
  readonly #finder: SlotFinder;
  readonly #isns: IsnFinder;
  readonly #notes: ViewNotes;
  readonly #expectation: Expectation;
  readonly #emitter: FlowEmitter;
  readonly #room: WaitingRoom;
  readonly #sweep: Sweep;
  readonly #ring = new PendingRing();
  readonly #cursor = new ExtrasCursor();
  readonly #startMs: number;
  readonly #startUs: number;
  /** Result of the prefetch, so that it is not optimised away. */
  touched = 0;

  constructor(options: MergeOptions) {
    const { pods, sinks, nowMs, nowUs } = options;
    const { sources } = this;
    const seed = options.seed | 1;
    this.#sinks = sinks;
    this.#pods = pods;
    pods.syncClocks(nowMs, nowUs);
    this.#startMs = nowMs;
    this.#startUs = nowUs;
    const table = new ConnectionTable(options.capacity ?? 1 << 21, seed);
    const context = new BatchContext(pods, sources, seed);
    const aliases = new Aliases(table);
    this.#table = table;
    this.#context = context;
    this.#aliases = aliases;
    this.#finder = new SlotFinder(table, context);
    this.#isns = new IsnFinder(table, context, pods, aliases);
    this.#notes = new ViewNotes(table);
    const start = { startMs: nowMs, startUs: nowUs };
    const ring = this.#ring;
    this.#expectation = new Expectation({ table, ring, context, pods, sources, aliases, ...start });
    this.#emitter = new FlowEmitter(table, ring, pods, sources, aliases, sinks);
    this.#room = new WaitingRoom({
      table,
      ring,
      sources,
      aliases,
      expectation: this.#expectation,
      completeness: new Completeness({ table, ring, sources, ...start }),
      emitter: this.#emitter,
    });
    this.#sweep = new Sweep(
      table,
      sources,
      (slot, now) => this.#forget(slot, now),
      (slot, now) => this.#emitter.emitLoss(slot, now, this.#wallUs(now)),
      nowMs,
    );
  }

  /** Live connections. */
  get connections(): number {
    return this.#table.count;
  }

  /** Every record that began to wait before this position … */
  get waitingTail(): number {
    return this.#ring.tail;
  }

  /** … has left once this is no lower. */
  get waitingHead(): number {
    return this.#ring.head;
  }

  /**
   * Takes the rows of a batch, from row `from` on.
   * @param firstSequence number of row 0
   */
  take(columns: FlowColumns, from: number, source: FlowSource, firstSequence: number, now: number): void {
    const nowMs = Math.floor(now);
    this.#context.begin(columns, source, nowMs);
    this.#cursor.begin();
    // Memory is touched some rows ahead, so that the cache misses overlap.
    for (let start = from; start < columns.rows; start += MOST_TOUCHED) {
      const end = Math.min(start + MOST_TOUCHED, columns.rows);
      this.touched = this.#finder.touch(start, end, this.#ring);
      for (const sink of this.#sinks) sink.prepare?.(end - start);
      for (let row = start; row < end; row++)
        this.#row(columns, row, row - start, source, firstSequence + row, nowMs);
    }
  }

  /** To be called every few milliseconds. @returns whether more is due now */
  tick(now: number): boolean {
    const nowMs = Math.floor(now);
    for (let n = 0; n < 1_000; n++) {
      const slot = this.#ring.due(nowMs);
      if (slot < 0) {
        this.#sweep.run(nowMs);
        return false;
      }
      this.#room.expire(slot, nowMs);
    }
    return true;
  }

  /** Lets everything leave that waits. */
  flush(nowMs: number): void {
    for (
      let slot = this.#ring.due(Number.POSITIVE_INFINITY);
      slot >= 0;
      slot = this.#ring.due(Number.POSITIVE_INFINITY)
    ) {
      this.#room.letGo(slot, nowMs);
    }
  }

  /** @param touched number of the row among those touched last */
  #row(
    columns: FlowColumns,
    row: number,
    touched: number,
    source: FlowSource,
    sequence: number,
    nowMs: number,
  ): void {
    const side = this.#finder.endOf(row);
    let look = this.#finder.find(row, touched, side);
    const isNew = look === 0;
    if (isNew) look = this.#create(columns, row, this.#finder.hashOf(touched), side, nowMs);
    const { words } = this.#table;
    let slot = look;
    let end = side;
    if (words[look * SLOT_WORDS + Slot.link] !== 0) {
      slot = this.#table.connectionOf(look);
      end = side ^ this.#aliases.turned(look);
      if (slot !== look) this.#finder.learnIsns(row, slot);
    }
    const extras = this.#cursor.read(columns, row);
    const pod = this.#context.podOf[columns.pod[row]!]!;
    const isKnown = this.#isView(slot, end, pod);
    if (!isKnown && this.#isHop(slot, end, pod, columns.localAddress[row]!)) {
      this.#ring.write(columns, row, source.index, sequence, extras, SCRATCH);
      this.#emitHop(slot, look, columns.state[row]!, end, extras);
      return;
    }
    if (!isKnown) this.#takeEnd(slot, look, end, nowMs);
    this.#notes.note(columns, row, slot, end, pod, source, nowMs);
    if (isNew && slot !== look) this.#expectation.joined(slot, nowMs);
    const isFirst = isNew && slot === look;
    this.#room.take(columns, row, slot, end, source.index, sequence, extras, isFirst, nowMs);
  }

  /**
   * A third party between the two ends: not the pod that this end's records come from, nor the address' own; before
   * there are any, not the address' own while that one is watched and will tell of the connection itself.
   */
  #isHop(slot: number, end: number, pod: number, localAddress: number): boolean {
    if (this.#pods.has(pod - 1, this.#context.addressWords, localAddress * 4)) return false;
    const owner = this.#context.podAt(localAddress);
    if (this.#table.words[slot * SLOT_WORDS + Slot.flags]! & (Flag.seen << end)) return owner !== pod;
    if (owner === 0 || owner === pod || !this.#context.expects(localAddress)) return false;
    return this.#pods.isWithout(pod - 1, this.#context.addressWords, localAddress * 4);
  }

  /** Tells the scratch record as a hop's. A connection that has no end yet is not kept for it. */
  #emitHop(slot: number, look: number, state: number, end: number, extras: RowExtras): void {
    if (slot === look && this.#room.takeHop(slot, extras)) return;
    const isLive = this.#table.isLive(slot);
    if (!isLive) this.#notes.noteInitiator(state, slot, end);
    this.#emitter.emitHop(slot, look, { at: SCRATCH, extras });
    if (!isLive) this.#table.release(slot);
  }

  /** Whether the records of an end come from that pod. */
  #isView(slot: number, end: number, pod: number): boolean {
    const { words } = this.#table;
    const base = slot * SLOT_WORDS;
    return words[base + Slot.pod + end] === pod && (words[base + Slot.flags]! & (Flag.seen << end)) !== 0;
  }

  /** A pod's first record of an end. What was taken for that end's until now was a hop's, and is summed up with it. */
  #takeEnd(slot: number, look: number, end: number, nowMs: number): void {
    const { words } = this.#table;
    const base = slot * SLOT_WORDS;
    if (words[base + Slot.flags]! & (Flag.seen << end)) {
      words[base + Slot.flags]! |= Flag.inexact;
      this.#room.becomesHop(slot, end, nowMs);
    }
    if (words[base + Slot.link] === 0) {
      if (words[base + Slot.flags]! & (Flag.seen << (1 - end))) this.#table.dropIsn(slot);
      return;
    }
    this.#aliases.claim(slot, look, end);
    words[base + Slot.flags]! |= Flag.renamed;
  }

  /** @returns the slot of a new connection, or of another look of one that is known */
  #create(columns: FlowColumns, row: number, hash: number, side: number, nowMs: number): number {
    let slot = this.#table.take();
    if (slot === 0) {
      this.evicted++;
      this.#sweep.evict(nowMs);
      slot = this.#table.take();
    }
    const { words } = this.#table;
    const base = slot * SLOT_WORDS;
    const connection = this.#isns.find(row);
    this.#finder.write(row, side, base);
    if (connection !== 0) {
      const initiator = (words[connection * SLOT_WORDS + Slot.flags]! >>> Flag.initiatorShift) & TWO_BITS;
      this.#aliases.link(slot, connection, side ^ endOf(columns.state[row]!, initiator));
    } else {
      words[base + Slot.pod + 1 - side] = this.#context.endAt(row);
      words[base + Slot.podGeneration] = this.#pods.generation;
      words[base + Slot.flags]! |= Flag.renamed;
    }
    this.#finder.learnIsns(row, slot);
    this.#table.index.add(hash, slot);
    return slot;
  }

  /** A connection is over, or its place is needed. */
  #forget(slot: number, nowMs: number): void {
    if (this.#room.holds(slot)) this.#room.letGo(slot, nowMs);
    this.#emitter.emitLast(slot, nowMs, this.#wallUs(nowMs));
    this.#table.release(slot);
  }

  #wallUs(nowMs: number): number {
    return this.#startUs + (nowMs - this.#startMs) * 1_000;
  }
}
