import { type FlowColumns, FlowState, Initiator, Protocol } from '@snoopy/proto';
import type { PodIndex } from '../pods/pod-index.js';
import { BatchContext } from './batch-context.js';
import { ConnectionTable } from './connection-table.js';
import { FlowEmitter, type Told } from './flow-emitter.js';
import { type FlowSource, FlowSources } from './flow-source.js';
import type { FlowSink } from './merged-flow.js';
import { PendingRing } from './pending-ring.js';
import { ExtrasCursor, type RowExtras } from './row-extras.js';
import { endsInexactly, endsView, initiatorOf } from './row-state.js';
import { SlotFinder } from './slot-finder.js';
import { Flag, Rec, SLOT_DOUBLES, SLOT_WORDS, Slot, TWO_BITS } from './slot-layout.js';
import { Sweep } from './sweep.js';

/** A record waits so long for that of the other end. */
export const HOLD_MS = 700;
/** Right after the start nobody knows which peers are pods: agents reconnect within 15 s (link-server.ts). */
const GRACE_MS = 20_000;
/** Rows whose memory is touched before the first of them is merged, so that the cache misses overlap. */
const PREFETCH = 64;

export interface MergeOptions {
  readonly sinks: readonly FlowSink[];
  readonly pods: PodIndex;
  /** 32 random bits. */
  readonly seed: number;
  /** Most live connections; beyond, the one that was silent longest is forgotten. 192 bytes each, once used. */
  readonly capacity?: number;
  /** Now, on both clocks. */
  readonly nowMs: number;
  readonly nowUs: number;
}

/**
 * Joins the two ends' records of a connection into merged flows.
 *
 * Views join by protocol, addresses and ports; TCP's initial sequence numbers tell connections apart that use the
 * same ones. A record waits up to 700 ms for the other end's where that is to be expected, and leaves alone otherwise.
 */
export class Merge {
  readonly sources = new FlowSources();
  /** Slots that had to go early because all were taken. */
  evicted = 0;
  readonly #table: ConnectionTable;
  readonly #pods: PodIndex;
  readonly #context: BatchContext;
  readonly #finder: SlotFinder;
  readonly #emitter: FlowEmitter;
  readonly #sweep: Sweep;
  readonly #ring = new PendingRing();
  readonly #cursor = new ExtrasCursor();
  /** Rare values of records that wait, by slot. */
  readonly #waitingExtras = new Map<number, RowExtras>();
  readonly #hashes = new Uint32Array(PREFETCH);
  readonly #low: Told = { at: -1, extras: undefined };
  readonly #high: Told = { at: -1, extras: undefined };
  readonly #startMs: number;
  readonly #startUs: number;
  /** Result of the prefetch, so that it is not optimised away. */
  touched = 0;

  constructor(options: MergeOptions) {
    const { pods, sinks, seed, nowMs, nowUs } = options;
    this.#pods = pods;
    this.#startMs = nowMs;
    this.#startUs = nowUs;
    this.#table = new ConnectionTable(options.capacity ?? 1 << 21);
    this.#context = new BatchContext(pods, this.sources, seed);
    this.#finder = new SlotFinder(this.#table, this.#context);
    this.#emitter = new FlowEmitter(this.#table, pods, this.sources, sinks);
    this.#sweep = new Sweep(this.#table, this.sources, (slot, now) => this.#forget(slot, now), nowMs);
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
  take(columns: FlowColumns, from: number, source: FlowSource, firstSequence: number, nowMs: number): void {
    this.#context.begin(columns, source, nowMs);
    this.#cursor.begin();
    for (let start = from; start < columns.rows; start += PREFETCH) {
      const end = Math.min(start + PREFETCH, columns.rows);
      this.touched = this.#finder.touch(this.#hashes, start, end);
      for (let row = start; row < end; row++) {
        this.#row(columns, row, this.#hashes[row - start]!, source, firstSequence + row, nowMs);
      }
    }
  }

  /** To be called every few milliseconds. @returns whether more is due now */
  tick(nowMs: number): boolean {
    for (let n = 0; n < 1_000; n++) {
      const slot = this.#ring.due(nowMs);
      if (slot < 0) {
        this.#sweep.run(nowMs);
        return false;
      }
      this.#emitWaiting(slot, nowMs);
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
      this.#emitWaiting(slot, nowMs);
    }
  }

  #row(
    columns: FlowColumns,
    row: number,
    hash: number,
    source: FlowSource,
    sequence: number,
    nowMs: number,
  ): void {
    const end = this.#finder.endOf(row);
    let slot = this.#finder.find(row, hash, end);
    if (slot === 0) slot = this.#create(columns, row, hash, end, nowMs);
    const base = slot * SLOT_WORDS;
    const extras = this.#cursor.read(columns, row);
    const pod = this.#context.podOf[columns.pod[row]!]!;
    if (this.#isHop(base, end, pod)) {
      this.#write(columns, row, sequence, extras, Slot.record);
      this.#emitter.emitHop(slot, { at: Slot.record, extras }, source.index);
      return;
    }
    this.#noteView(columns, row, slot, end, pod, source);
    this.#tell(columns, row, slot, end, sequence, extras, nowMs);
  }

  /** Emits, together with what waits if that is the other end's, or lets it wait. */
  #tell(
    columns: FlowColumns,
    row: number,
    slot: number,
    end: number,
    sequence: number,
    extras: RowExtras,
    nowMs: number,
  ): void {
    const base = slot * SLOT_WORDS;
    const { words } = this.#table;
    if (words[base + Slot.ticket] !== 0) {
      const waiting = words[base + Slot.flags]! & Flag.waitingHigh ? 1 : 0;
      if (waiting !== end) {
        this.#write(columns, row, sequence, extras, Slot.record);
        this.#emitBoth(slot, end, extras, nowMs);
        return;
      }
      this.#emitWaiting(slot, nowMs);
    }
    if (this.#expectsOther(base, end, columns.peerAddress[row]!)) {
      this.#write(columns, row, sequence, extras, base + Slot.record);
      this.#wait(slot, end, extras, nowMs);
    } else {
      this.#write(columns, row, sequence, extras, Slot.record);
      this.#emitOne(slot, end, Slot.record, extras, nowMs);
    }
  }

  #wait(slot: number, end: number, extras: RowExtras, nowMs: number): void {
    const { words } = this.#table;
    const base = slot * SLOT_WORDS;
    words[base + Slot.ticket] = this.#ring.push(slot, nowMs + HOLD_MS);
    const flags = words[base + Slot.flags]! & ~Flag.waitingHigh;
    words[base + Slot.flags] = end === 1 ? flags | Flag.waitingHigh : flags;
    if (extras.rare) this.#waitingExtras.set(slot, extras.copy());
  }

  /** Whether the other end's record of this window is to be expected. */
  #expectsOther(base: number, end: number, peerAddress: number): boolean {
    const { words } = this.#table;
    const flags = words[base + Slot.flags]!;
    const other = 1 - end;
    if (!(flags & (Flag.seen << other))) return this.#context.expects(peerAddress);
    if (flags & (Flag.ended << other)) return false;
    return this.sources.get(words[base + Slot.source + other]! - 1).connected;
  }

  #emitBoth(slot: number, end: number, extras: RowExtras, nowMs: number): void {
    const base = slot * SLOT_WORDS;
    const waited = this.#takeWaiting(slot);
    const own = end === 0 ? this.#low : this.#high;
    const other = end === 0 ? this.#high : this.#low;
    own.at = Slot.record;
    own.extras = extras;
    other.at = base + Slot.record;
    other.extras = waited;
    this.#emitter.emit(slot, this.#low, this.#high, false, nowMs);
  }

  #emitWaiting(slot: number, nowMs: number): void {
    const base = slot * SLOT_WORDS;
    const end = this.#table.words[base + Slot.flags]! & Flag.waitingHigh ? 1 : 0;
    this.#emitOne(slot, end, base + Slot.record, this.#takeWaiting(slot), nowMs);
  }

  #emitOne(slot: number, end: number, at: number, extras: RowExtras | undefined, nowMs: number): void {
    const own = end === 0 ? this.#low : this.#high;
    const other = end === 0 ? this.#high : this.#low;
    own.at = at;
    own.extras = extras;
    other.at = -1;
    other.extras = undefined;
    this.#emitter.emit(slot, this.#low, this.#high, this.#isMissing(slot, end, at, nowMs), nowMs);
  }

  /** The record no longer waits. @returns its rare values */
  #takeWaiting(slot: number): RowExtras | undefined {
    const { words } = this.#table;
    const at = slot * SLOT_WORDS + Slot.ticket;
    this.#ring.strike(words[at]!);
    words[at] = 0;
    if (this.#waitingExtras.size === 0) return undefined;
    const extras = this.#waitingExtras.get(slot);
    if (extras) this.#waitingExtras.delete(slot);
    return extras;
  }

  /**
   * Whether the other end, of which nothing was ever seen, should have been: its agent watches it, or, for records
   * from before our start, may have told it to the aggregator before us.
   */
  #isMissing(slot: number, end: number, at: number, nowMs: number): boolean {
    const { words, doubles } = this.#table;
    const base = slot * SLOT_WORDS;
    const other = 1 - end;
    if (words[base + Slot.flags]! & (Flag.seen << other)) return false;
    const pod = this.#pods.byAddress(words, base + (other === 0 ? Slot.low : Slot.high));
    if (pod) return pod.watched && (this.sources.isConnected(pod.node) || this.#isEarly(nowMs));
    return this.#isEarly(nowMs) && doubles[at / 2 + Rec.lastUsDouble]! < this.#startUs;
  }

  #isEarly(nowMs: number): boolean {
    return nowMs - this.#startMs < GRACE_MS;
  }

  /** A third party between the two ends: not the pod that this end's records come from. */
  #isHop(base: number, end: number, pod: number): boolean {
    const { words } = this.#table;
    if (!(words[base + Slot.flags]! & (Flag.seen << end)) || words[base + Slot.pod + end] === pod)
      return false;
    const owner = this.#pods.byAddress(words, base + (end === 0 ? Slot.low : Slot.high));
    return owner?.id !== pod - 1;
  }

  /** What the connection learns from a record of one end. */
  #noteView(
    columns: FlowColumns,
    row: number,
    slot: number,
    end: number,
    pod: number,
    source: FlowSource,
  ): void {
    const { words, signed, doubles } = this.#table;
    const base = slot * SLOT_WORDS;
    const state = columns.state[row]!;
    let flags = words[base + Slot.flags]!;
    const initiator = initiatorOf(state);
    if (initiator !== Initiator.unknown && ((flags >>> Flag.initiatorShift) & TWO_BITS) === 0) {
      flags |= ((initiator === Initiator.local ? end : 1 - end) + 1) << Flag.initiatorShift;
    }
    flags |= this.#marks(base, end, state, flags, source);
    if (words[base + Slot.pod + end] !== pod) {
      words[base + Slot.pod + end] = pod;
      flags |= Flag.renamed;
    }
    words[base + Slot.source + end] = source.index + 1;
    words[base + Slot.lastSeen] = this.#context.nowMs / 100;
    flags = endsView(state) ? flags | (Flag.ended << end) : flags & ~(Flag.ended << end);
    if (endsInexactly(state)) flags |= Flag.inexact;
    words[base + Slot.flags] = flags | (Flag.seen << end);
    // Sent by this end counts up in its direction, received counts down in the other's.
    const d = slot * SLOT_DOUBLES + Slot.payloadDouble;
    doubles[d + end]! += columns.sentPayload[row]!;
    doubles[d + 1 - end]! -= columns.receivedPayload[row]!;
    signed[base + Slot.segments + end]! += columns.sentSegments[row]!;
    signed[base + Slot.segments + 1 - end]! -= columns.receivedSegments[row]!;
  }

  /**
   * Flags for what is missing from an end's history: a first record that does not begin the connection, or losses
   * of the source while the connection lived.
   */
  #marks(base: number, end: number, state: number, flags: number, source: FlowSource): number {
    const { words } = this.#table;
    const shift = end * 16;
    const marks = source.recordMark | (source.packetMark << 8);
    const known = (words[base + Slot.lossMarks]! >>> shift) & 0xffff;
    words[base + Slot.lossMarks] = (words[base + Slot.lossMarks]! & ~(0xffff << shift)) | (marks << shift);
    if (!(flags & (Flag.seen << end))) {
      if (state & FlowState.opened) return Flag.began << end;
      return this.#remembers(flags, source) ? 0 : Flag.partial;
    }
    if (known === marks) return 0;
    return (known & 0xff) === source.recordMark ? Flag.inexact : Flag.partial;
  }

  /** Whether a connection that is not known here can only be one that was forgotten here: other than TCP ends without a word. */
  #remembers(flags: number, source: FlowSource): boolean {
    const protocol = flags & Flag.protocolMask;
    if (protocol === Protocol.tcp || protocol === Protocol.sctp) return false;
    return this.#context.nowMs - source.sinceMs > Sweep.SILENT_MS;
  }

  #create(columns: FlowColumns, row: number, hash: number, end: number, nowMs: number): number {
    let slot = this.#table.take();
    if (slot === 0) {
      this.evicted++;
      this.#sweep.evict(nowMs);
      slot = this.#table.take();
    }
    const { words } = this.#table;
    const base = slot * SLOT_WORDS;
    this.#finder.write(row, hash, end, base);
    words[base + Slot.pod + 1 - end] = this.#context.podAt(columns.peerAddress[row]!);
    words[base + Slot.podGeneration] = this.#pods.generation;
    words[base + Slot.flags]! |= Flag.renamed;
    this.#table.index.add(hash, slot);
    return slot;
  }

  /** Writes a row's record at word `at`. */
  #write(columns: FlowColumns, row: number, sequence: number, extras: RowExtras, at: number): void {
    const { words, doubles } = this.#table;
    const d = at / 2;
    words[at + Rec.state] = columns.state[row]!;
    words[at + Rec.durationUs] = columns.durationUs[row]!;
    words[at + Rec.handshakeUs] = extras.handshakeUs;
    words[at + Rec.rttUs] = extras.rttUs;
    words[at + Rec.sentPackets] = columns.sentPackets[row]!;
    words[at + Rec.receivedPackets] = columns.receivedPackets[row]!;
    words[at + Rec.sentSegments] = columns.sentSegments[row]!;
    words[at + Rec.receivedSegments] = columns.receivedSegments[row]!;
    doubles[d + Rec.lastUsDouble] = columns.lastUs[row]!;
    doubles[d + Rec.sequenceDouble] = sequence;
    doubles[d + Rec.sentBytesDouble] = columns.sentBytes[row]!;
    doubles[d + Rec.receivedBytesDouble] = columns.receivedBytes[row]!;
    doubles[d + Rec.sentPayloadDouble] = columns.sentPayload[row]!;
    doubles[d + Rec.receivedPayloadDouble] = columns.receivedPayload[row]!;
  }

  /** A connection is over, or its place is needed. */
  #forget(slot: number, nowMs: number): void {
    const { words } = this.#table;
    const base = slot * SLOT_WORDS;
    if (words[base + Slot.ticket] !== 0) this.#emitWaiting(slot, nowMs);
    const flags = words[base + Slot.flags]!;
    // An outcome that only the destination knew, and the source never told another.
    if (flags >>> Flag.outcomeShift !== 0 && !(flags & Flag.outcomeTold))
      this.#emitter.emitOutcome(slot, this.#startUs + (nowMs - this.#startMs) * 1_000);
    this.#table.release(slot);
  }
}
